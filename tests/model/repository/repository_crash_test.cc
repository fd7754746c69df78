// What the repository promises when several processes use it and some are killed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "model/repository/repository.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using testing::IsOk;
using testing::RandomBundle;

// Runs `work` in a process of its own.
pid_t Fork(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  work();
  _exit(0);
}

// Runs `work` in a process of its own that the kernel ends, wherever it is, after some
// microseconds: like SIGKILL, an alarm that nobody handles runs no code of the process.
void RunUntilKilled(int microseconds, const std::function<void()>& work) {
  const pid_t child = Fork([&] {
    const itimerval once{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = microseconds}};
    setitimer(ITIMER_REAL, &once, nullptr);
    work();
  });
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
}

class RepositoryCrashTest : public ::testing::Test {
 protected:
  // Every version that is listed loads, with the threshold history it should have.
  void ExpectAllIntact() {
    ASSERT_OK_AND_ASSIGN(const auto models, repository_.List());
    for (const Repository::ModelVersions& model : models) {
      ASSERT_THAT(model.status, IsOk());
      for (const uint64_t version : model.versions) {
        const absl::StatusOr<VersionBundle> bundle = repository_.Load(model.model, version);
        ASSERT_THAT(bundle, IsOk());
        EXPECT_EQ(bundle->training_scores, bundle_.training_scores);
      }
    }
  }

  testing::TemporaryFolder folder_;
  Repository repository_ = *Repository::Open(folder_.path());
  const VersionBundle bundle_ = *RandomBundle("pump");
};

TEST_F(RepositoryCrashTest, KilledPublishersLeaveOnlyWholeVersions) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> microseconds(1, 20'000);
  for (int round = 0; round < 40; ++round) {
    RunUntilKilled(microseconds(random), [&] {
      while (true) (void)repository_.Publish(bundle_);
    });
    ExpectAllIntact();
    ASSERT_OK_AND_ASSIGN(const auto models, repository_.List());
    const size_t versions = models.empty() ? 0 : models[0].versions.size();
    // Bounds the time that checking everything takes.
    if (versions > 100) {
      ASSERT_THAT(repository_.DeleteModel("pump"), IsOk());
    }
  }
}

TEST_F(RepositoryCrashTest, KilledWritersOfThresholdsLeaveAWholeHistory) {
  ASSERT_THAT(repository_.Publish(bundle_), IsOk());
  ASSERT_THAT(repository_.SetServingVersion("pump", 1), IsOk());
  size_t known_records = 0;
  std::mt19937 random(2);
  std::uniform_int_distribution<int> microseconds(1, 20'000);
  for (int round = 0; round < 40; ++round) {
    RunUntilKilled(microseconds(random), [&] {
      while (true) {
        (void)repository_.AppendThreshold("pump", 1, bundle_.info.threshold_history(0));
        (void)repository_.SetServingVersion("pump", 1);
      }
    });
    const size_t records = repository_.ReadThresholdHistory("pump", 1)->size();
    EXPECT_GE(records, known_records);
    known_records = records;
    ExpectAllIntact();
    EXPECT_EQ(repository_.List()->at(0).serving_version, 1);
  }
}

TEST_F(RepositoryCrashTest, KilledDeletionsLeaveNoHalfVersion) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> microseconds(1, 3'000);
  for (int round = 0; round < 15; ++round) {
    for (int i = 0; i < 2; ++i) ASSERT_THAT(repository_.Publish(bundle_), IsOk());
    const auto models = *repository_.List();
    RunUntilKilled(microseconds(random), [&] {
      for (const uint64_t version : models[0].versions) {
        (void)repository_.DeleteVersion("pump", version);
      }
      (void)repository_.DeleteModel("pump");
    });
    ExpectAllIntact();
  }
}

// Killed between any two steps, each version is there or kept, and comes back.
TEST_F(RepositoryCrashTest, KilledDeletionsAndRestorationsLoseNothing) {
  for (int i = 0; i < 3; ++i) ASSERT_THAT(repository_.Publish(bundle_), IsOk());
  ASSERT_THAT(repository_.SetServingVersion("pump", 2), IsOk());
  std::mt19937 random(4);
  std::uniform_int_distribution<int> microseconds(1, 5'000);
  for (int round = 0; round < 60; ++round) {
    RunUntilKilled(microseconds(random), [&] {
      while (true) {
        (void)repository_.DeleteVersion("pump", 1);
        (void)repository_.DeleteModel("pump");
        (void)repository_.Undelete("pump", 3);
        (void)repository_.Undelete("pump", std::nullopt);
      }
    });
    ExpectAllIntact();
    if (!repository_.ListDeleted("pump")->empty()) {
      ASSERT_THAT(repository_.Undelete("pump", std::nullopt), IsOk());
    }
    ASSERT_THAT(repository_.ListModel("pump")->versions, ::testing::ElementsAre(1, 2, 3)) << round;
    ExpectAllIntact();
    ASSERT_THAT(repository_.SetServingVersion("pump", 2), IsOk());
  }
}

TEST_F(RepositoryCrashTest, ConcurrentProcessesGetDifferentNumbers) {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(Fork([&] {
      for (int j = 0; j < 5; ++j) {
        if (!repository_.Publish(bundle_).ok()) _exit(1);
      }
    }));
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  ExpectAllIntact();
  EXPECT_EQ(repository_.List()->at(0).versions.size(), 20);
  EXPECT_TRUE(fs::is_empty(folder_.path() / ".staging"));
}

TEST_F(RepositoryCrashTest, ConcurrentProcessesLoseNoThreshold) {
  ASSERT_THAT(repository_.Publish(bundle_), IsOk());
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(Fork([&] {
      for (int j = 0; j < 20; ++j) {
        if (!repository_.AppendThreshold("pump", 1, bundle_.info.threshold_history(0)).ok()) {
          _exit(1);
        }
      }
    }));
  }
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(repository_.ReadThresholdHistory("pump", 1)->size(), 1 + 3 * 20);
}

TEST_F(RepositoryCrashTest, ConcurrentThreadsGetDifferentNumbers) {
  std::vector<std::vector<uint64_t>> numbers(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<uint64_t>& mine : numbers) {
      threads.emplace_back([&] {
        for (int j = 0; j < 5; ++j) mine.push_back(repository_.Publish(bundle_).value_or(0));
      });
    }
  }
  std::set<uint64_t> all;
  for (const auto& mine : numbers) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 20);
  EXPECT_EQ(*all.begin(), 1);
  EXPECT_EQ(*all.rbegin(), 20);
  ExpectAllIntact();
}

// Publishing, deleting versions and deleting the model at once: no error but kNotFound for what
// another one deleted first, and no number is used twice.
TEST_F(RepositoryCrashTest, PublishingAndDeletingAtOnce) {
  std::set<uint64_t> published;
  std::jthread deleter([&, repository = repository_](std::stop_token stop) {
    while (!stop.stop_requested()) {
      const auto models = repository.List();
      if (!models.ok() || models->empty()) continue;
      for (const uint64_t version : models->at(0).versions) {
        const absl::Status status = repository.DeleteVersion("pump", version);
        EXPECT_TRUE(status.ok() || absl::IsNotFound(status)) << status;
      }
    }
  });
  for (int i = 0; i < 40; ++i) {
    ASSERT_OK_AND_ASSIGN(const uint64_t version, repository_.Publish(bundle_));
    EXPECT_TRUE(published.insert(version).second) << version << " was used before";
  }
  deleter.request_stop();
  deleter.join();
  ExpectAllIntact();
}

}  // namespace
}  // namespace advae
