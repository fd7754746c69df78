#include "server/models/model_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "tests/testing/memory_use.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Key;
using ::testing::Not;
using testing::RandomBundle;
using testing::StatusIs;

class ModelTableTest : public ::testing::Test {
 protected:
  void Publish(const std::string& model, uint32_t seed = 1) {
    ASSERT_THAT(repository_.Publish(*RandomBundle(model, seed)), IsOk());
  }
  // Damages a version on the disk.
  void Damage(const std::string& model, uint64_t version) {
    const auto folder = folder_.path() / model / std::to_string(version);
    std::filesystem::resize_file(folder / "weights.safetensors", 100);
  }
  std::string Exported() {
    return prometheus::TextSerializer().Serialize(metrics_.registry()->Collect());
  }
  uint64_t Serving(const std::string& model) { return table_.Get(model)->serving_version; }

  testing::TemporaryFolder folder_;
  const Repository repository_ = *Repository::Open(folder_.path());
  Metrics metrics_;
  ModelTable table_{repository_, metrics_};
};

TEST_F(ModelTableTest, IsEmptyForAnEmptyRepository) {
  EXPECT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(table_.List(), IsEmpty());
  EXPECT_THAT(table_.Find("a", std::nullopt),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no model \"a\"")));
}

TEST_F(ModelTableTest, TakesUpWhatIsPublished) {
  Publish("a");
  Publish("a", 2);
  Publish("b");
  ASSERT_THAT(table_.Sync(), IsOk());
  ASSERT_EQ(table_.List().size(), 2);
  EXPECT_EQ(Serving("a"), 2);
  ASSERT_OK_AND_ASSIGN(const FoundVersion first, table_.Find("a", 1));
  EXPECT_EQ(first.loaded->info().version(), 1);
  ASSERT_OK_AND_ASSIGN(const FoundVersion serving, table_.Find("a", std::nullopt));
  EXPECT_EQ(serving.loaded->info().version(), 2);
  EXPECT_THAT(table_.Find("a", 7),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no version 7")));
}

TEST_F(ModelTableTest, SaysWhichVersionsThereAre) {
  for (int version = 1; version <= 23; ++version) Publish("a");
  const auto problem = [this] {
    EXPECT_THAT(table_.Sync(), IsOk());
    const absl::Status in_memory = table_.Find("a", 99).status();
    EXPECT_EQ(table_.SetServingVersion("a", 99), in_memory);
    return std::string(in_memory.message());
  };
  EXPECT_EQ(problem(), "model \"a\" has no version 99; its versions are 1 to 23");
  for (const uint64_t version : {2, 4, 5}) {
    ASSERT_THAT(repository_.DeleteVersion("a", version), IsOk());
  }
  EXPECT_EQ(problem(), "model \"a\" has no version 99; its versions are 1, 3, 6 to 23");
  for (uint64_t version = 7; version <= 21; version += 2) {
    ASSERT_THAT(repository_.DeleteVersion("a", version), IsOk());
  }
  EXPECT_EQ(problem(),
            "model \"a\" has no version 99; its versions are 1, 3, 6, 8, 10, 12, 14, 16, 18, 20 "
            "and 2 others");
}

TEST_F(ModelTableTest, KeepsLoadedVersionsAcrossSyncs) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  const auto before = table_.Find("a", 1)->loaded;
  Publish("a", 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(table_.Find("a", 1)->loaded, before);
}

TEST_F(ModelTableTest, SyncsOneModelAlone) {
  Publish("a");
  Publish("b");
  ASSERT_THAT(table_.Sync(), IsOk());
  Publish("a", 2);
  Publish("b", 2);
  ASSERT_THAT(repository_.DeleteVersion("a", 1), IsOk());
  ASSERT_THAT(table_.SyncModel("a"), IsOk());
  EXPECT_EQ(Serving("a"), 2);
  EXPECT_THAT(table_.Find("a", 1), StatusIs(absl::StatusCode::kNotFound, HasSubstr("1")));
  EXPECT_EQ(Serving("b"), 1);

  ASSERT_THAT(repository_.DeleteModel("a"), IsOk());
  ASSERT_THAT(table_.SyncModel("a"), IsOk());
  EXPECT_THAT(table_.Get("a"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("a")));
  EXPECT_THAT(table_.SyncModel("a"), IsOk());
  EXPECT_THAT(table_.SyncModel("../b"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("../b")));
}

// A change costs what its own model costs, whatever else the repository has.
TEST_F(ModelTableTest, AChangeReadsNoOtherModel) {
  Publish("a");
  Publish("a", 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  Publish("b");
  v1::ThresholdRecord record;
  record.set_alpha(0.25);
  ASSERT_THAT(table_.ApplyThreshold("a", 2, record), IsOk());
  ASSERT_THAT(table_.SetServingVersion("a", 1), IsOk());
  ASSERT_THAT(table_.DeleteVersion("a", 2), IsOk());
  ASSERT_THAT(table_.DeleteModel("a"), IsOk());
  EXPECT_THAT(table_.List(), IsEmpty());
}

TEST_F(ModelTableTest, KnowsWhatIsStoredByWhom) {
  Publish("a");
  VersionBundle bundle = *RandomBundle("a");
  bundle.info.set_created_by("plant");
  for (int i = 0; i < 2; ++i) ASSERT_THAT(repository_.Publish(bundle), IsOk());
  ASSERT_THAT(table_.SyncModel("a"), IsOk());
  EXPECT_EQ(table_.StoredBy("plant").versions, 2);
  EXPECT_GT(table_.StoredBy("plant").bytes, 0);
  EXPECT_EQ(table_.StoredBy("other"), StoredUse());
  EXPECT_EQ(table_.StoredBy(""), StoredUse());
  ASSERT_THAT(table_.DeleteVersion("a", 2), IsOk());
  EXPECT_EQ(table_.StoredBy("plant").versions, 1);
  ASSERT_THAT(table_.DeleteModel("a"), IsOk());
  EXPECT_EQ(table_.StoredBy("plant"), StoredUse());
}

TEST_F(ModelTableTest, SkipsAndCountsADamagedVersionOnce) {
  Publish("a");
  Publish("a", 2);
  Publish("b");
  Damage("a", 2);
  Damage("b", 1);
  ASSERT_THAT(table_.Sync(), IsOk());
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(Serving("a"), 1);
  EXPECT_THAT(table_.Get("b"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("b")));
  EXPECT_THAT(Exported(), HasSubstr("advae_load_failures_total 2\n"));
}

TEST_F(ModelTableTest, TellsHowManyVersionsCannotBeRead) {
  Publish("a");
  Publish("a", 2);
  Publish("b");
  Damage("a", 2);
  Damage("b", 1);
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(table_.Sync(), IsOk());
    EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_versions 2\n"));
  }
  ASSERT_THAT(table_.DeleteVersion("a", 2), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_versions 1\n"));
  // A model of which nothing was ever loaded.
  std::filesystem::remove_all(folder_.path() / "b");
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_versions 0\n"));
}

// A table with room for so many versions of those that Publish makes.
class SmallModelTableTest : public ModelTableTest {
 protected:
  ModelTable TableFor(uint64_t versions) {
    const VersionMemory memory = *repository_.EstimateMemory("a", 1);
    return ModelTable(
        repository_, metrics_,
        {.bytes = versions * memory.held + memory.loading + memory.scratch, .threads = 1});
  }
};

TEST_F(SmallModelTableTest, LeavesOutOldVersions) {
  for (const char* model : {"a", "a", "a", "b"}) Publish(model);
  ModelTable table = TableFor(2);
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_THAT(table.Find("a", std::nullopt), IsOk());
  EXPECT_THAT(table.Find("a", 3), IsOk());
  EXPECT_THAT(table.Find("b", std::nullopt), IsOk());
  EXPECT_THAT(table.Find("a", 1),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("does not hold version 1 of model \"a\": it takes about")));
  EXPECT_THAT(table.Find("a", 4), StatusIs(absl::StatusCode::kNotFound, HasSubstr("version 4")));
  EXPECT_THAT(table.LeftOut("a"), ElementsAre(Key(1), Key(2)));
  EXPECT_THAT(Exported(), HasSubstr("advae_versions_left_out 2\n"));
  EXPECT_THAT(Exported(), HasSubstr("advae_load_failures_total 0\n"));
}

TEST_F(SmallModelTableTest, TakesAVersionUpWhenThereIsRoom) {
  for (const char* model : {"a", "a", "b"}) Publish(model);
  ModelTable table = TableFor(1);
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_THAT(table.Find("a", std::nullopt), IsOk());
  EXPECT_THAT(table.Get("b"), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("\"b\"")));
  EXPECT_THAT(table.Find("b", std::nullopt),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("version 1")));
  ASSERT_THAT(table.DeleteModel("a"), IsOk());
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_THAT(table.Find("b", std::nullopt), IsOk());
  EXPECT_THAT(table.LeftOut("b"), IsEmpty());
  EXPECT_THAT(Exported(), HasSubstr("advae_versions_left_out 0\n"));
}

TEST_F(SmallModelTableTest, WhatIsLeftOutCanBeMadeToServe) {
  for (const char* model : {"a", "a", "a"}) Publish(model);
  ModelTable table = TableFor(2);
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_THAT(table.LeftOut("a"), ElementsAre(Key(1)));
  EXPECT_THAT(table.SetServingVersion("a", 1), IsOk());
  EXPECT_EQ(table.Get("a")->serving_version, 1);
  ModelTable smaller = TableFor(1);
  ASSERT_THAT(smaller.Sync(), IsOk());
  EXPECT_THAT(smaller.SetServingVersion("a", 3),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("version 3")));
}

TEST_F(SmallModelTableTest, WhatIsLeftOutCanBeDeleted) {
  for (const char* model : {"a", "a", "b"}) Publish(model);
  ModelTable table = TableFor(1);
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_THAT(table.DeleteVersion("a", 1), IsOk());
  EXPECT_THAT(table.DeleteModel("b"), IsOk());
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_versions_left_out 0\n"));
}

TEST_F(SmallModelTableTest, GivesUpAnOldVersionForANewOneThatServes) {
  Publish("a");
  Publish("a");
  ModelTable table = TableFor(2);
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_THAT(table.LeftOut("a"), IsEmpty());
  Publish("a");
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_EQ(table.Get("a")->serving_version, 3);
  EXPECT_THAT(table.LeftOut("a"), ElementsAre(Key(1)));
}

TEST_F(SmallModelTableTest, GivesUpNothingThatServes) {
  Publish("a");
  ModelTable table = TableFor(1);
  ASSERT_THAT(table.Sync(), IsOk());
  Publish("a");
  Publish("b");
  ASSERT_THAT(table.SyncModel("a"), IsOk());
  ASSERT_THAT(table.Sync(), IsOk());
  EXPECT_EQ(table.Get("a")->serving_version, 1);
  EXPECT_THAT(table.LeftOut("a"), ElementsAre(Key(2)));
  EXPECT_THAT(table.LeftOut("b"), ElementsAre(Key(1)));
}

// With `bytes` more of memory than this process has, tells whether a table skips the only version
// that there is, without taking it for unreadable, and takes it up once memory is there again. Ends
// the process.
[[noreturn]] void SyncWithoutMemory(ModelTable& table, Metrics& metrics, rlim_t bytes) {
  std::ifstream statistics("/proc/self/statm");
  rlim_t pages[6] = {};  // the last: data and stacks
  for (rlim_t& count : pages) statistics >> count;
  rlimit limit;
  getrlimit(RLIMIT_DATA, &limit);
  const rlim_t unlimited = std::exchange(limit.rlim_cur, pages[5] * sysconf(_SC_PAGESIZE) + bytes);
  setrlimit(RLIMIT_DATA, &limit);
  const bool survived = table.Sync().ok();
  limit.rlim_cur = unlimited;
  setrlimit(RLIMIT_DATA, &limit);
  const std::map<uint64_t, std::string> left_out = table.LeftOut("big");
  const bool left = left_out.size() == 1 && left_out.begin()->second == "memory ran out";
  const bool is_readable = metrics.models().unreadable_versions.Value() == 0;
  const bool waits = table.Sync().ok() && table.LeftOut("big").size() == 1;
  const bool taken_up = table.Sync().ok() && table.Find("big", std::nullopt).ok();
  _exit(survived && left && is_readable && waits && taken_up ? 0 : 1);
}

TEST_F(ModelTableTest, SurvivesThatMemoryRunsOut) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "sanitizers cannot be limited";
  mallopt(M_MMAP_THRESHOLD, 64 << 10);  // what is freed is no longer there
  ::testing::GTEST_FLAG(death_test_style) = "fast";
  const Matrix rows = testing::RandomRows(20, 3, 1);
  ASSERT_OK_AND_ASSIGN(
      VersionBundle bundle,
      BuildBundle({.model = "big"}, rows.view(),
                  {.networks = {testing::RandomWeights({3, 1500, 1500, 2, 1500, 1500}, 1)}},
                  *MinMaxScaler::Fit(rows.view())));
  ASSERT_THAT(repository_.Publish(bundle), IsOk());
  EXPECT_EXIT(SyncWithoutMemory(table_, metrics_, 8 << 20), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(SyncWithoutMemory(table_, metrics_, 40 << 20), ::testing::ExitedWithCode(0), "");
}

TEST_F(ModelTableTest, FallsBackFromADamagedServingVersion) {
  Publish("a");
  Publish("a", 2);
  Publish("a", 3);
  ASSERT_THAT(repository_.SetServingVersion("a", 2), IsOk());
  Damage("a", 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(Serving("a"), 3);
  EXPECT_THAT(table_.Get("a")->not_loadable, ElementsAre(2));
  EXPECT_EQ(table_.Get("a")->chosen_version, 2);
}

TEST_F(ModelTableTest, ServingVersionIsDurable) {
  Publish("a");
  Publish("a", 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(table_.SetServingVersion("a", 1), IsOk());
  EXPECT_EQ(Serving("a"), 1);
  ModelTable other(repository_, metrics_);
  ASSERT_THAT(other.Sync(), IsOk());
  EXPECT_EQ(other.Get("a")->serving_version, 1);
  EXPECT_THAT(table_.SetServingVersion("a", 9),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("9")));
}

TEST_F(ModelTableTest, AnAppliedThresholdIsDurableAndReachesOtherServers) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  ModelTable other(repository_, metrics_);
  ASSERT_THAT(other.Sync(), IsOk());

  v1::ThresholdRecord record;
  record.set_alpha(0.25);
  record.set_threshold(1.5);
  *record.mutable_set_time() = google::protobuf::util::TimeUtil::SecondsToTimestamp(1000);
  ASSERT_THAT(table_.ApplyThreshold("a", 1, record), IsOk());
  EXPECT_EQ(table_.Find("a", 1)->loaded->threshold().threshold(), 1.5);
  EXPECT_EQ(table_.Find("a", 1)->loaded->info().threshold_history_size(), 2);
  EXPECT_THAT(Exported(), HasSubstr("advae_alpha{model=\"a\"} 0.25"));

  ASSERT_THAT(other.Sync(), IsOk());
  EXPECT_EQ(other.Find("a", 1)->loaded->threshold().alpha(), 0.25);
  EXPECT_THAT(table_.ApplyThreshold("a", 2, record),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("2")));
}

TEST_F(ModelTableTest, DeletesVersionsButNotTheServingOne) {
  Publish("a");
  Publish("a", 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(table_.DeleteVersion("a", 2),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("serving version")));
  EXPECT_THAT(table_.DeleteVersion("a", 1), IsOk());
  EXPECT_THAT(table_.Find("a", 1), StatusIs(absl::StatusCode::kNotFound, HasSubstr("1")));
  EXPECT_THAT(table_.DeleteVersion("a", 1), StatusIs(absl::StatusCode::kNotFound, HasSubstr("1")));
}

TEST_F(ModelTableTest, ADeletedModelLivesAsLongAsItIsHeld) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  ASSERT_OK_AND_ASSIGN(FoundVersion held, table_.Find("a", std::nullopt));
  EXPECT_THAT(table_.DeleteModel("a"), IsOk());
  EXPECT_THAT(table_.List(), IsEmpty());
  const Matrix rows = testing::RandomRows(1, 3, 1);
  double score = 0;
  held.loaded->scorer().Score(rows.view(), {&score, 1});
  EXPECT_GT(score, 0);
  EXPECT_THAT(Exported(), HasSubstr("model=\"a\""));
  held = {};
  EXPECT_THAT(Exported(), Not(HasSubstr("model=\"a\"")));
  EXPECT_THAT(table_.DeleteModel("a"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("a")));
}

TEST_F(ModelTableTest, WhatIsRestoredIsServedAgainAlsoByOthers) {
  Publish("a");
  Publish("a", 2);
  Publish("b");
  ModelTable early(repository_, metrics_);
  ModelTable late(repository_, metrics_);  // notices nothing until the end
  for (ModelTable* table : {&table_, &early, &late}) ASSERT_THAT(table->Sync(), IsOk());
  const std::string scores = table_.Find("a", 1)->loaded->info().SerializeAsString();
  ASSERT_THAT(table_.DeleteVersion("a", 1), IsOk());
  ASSERT_THAT(table_.DeleteModel("b"), IsOk());
  ASSERT_THAT(early.Sync(), IsOk());
  EXPECT_THAT(early.Find("a", 1), StatusIs(absl::StatusCode::kNotFound, HasSubstr("1")));

  EXPECT_THAT(*table_.Undelete("a", 1), ElementsAre(1));
  EXPECT_THAT(*table_.Undelete("b", std::nullopt), ElementsAre(1));
  for (ModelTable* table : {&table_, &early, &late}) {
    ASSERT_THAT(table->Sync(), IsOk());
    ASSERT_OK_AND_ASSIGN(const FoundVersion found, table->Find("a", 1));
    EXPECT_EQ(found.loaded->info().SerializeAsString(), scores);
    EXPECT_EQ(table->Get("a")->serving_version, 2);
    EXPECT_THAT(table->Find("b", std::nullopt), IsOk());
  }
}

TEST_F(ModelTableTest, ARestoredVersionCountsForItsMakerAgain) {
  Publish("a");
  VersionBundle bundle = *RandomBundle("a");
  bundle.info.set_created_by("plant");
  ASSERT_THAT(repository_.Publish(bundle), IsOk());
  ASSERT_THAT(table_.Sync(), IsOk());
  ASSERT_THAT(table_.DeleteModel("a"), IsOk());
  EXPECT_EQ(table_.StoredBy("plant").versions, 0);
  ASSERT_THAT(table_.Undelete("a", std::nullopt), IsOk());
  EXPECT_EQ(table_.StoredBy("plant").versions, 1);
}

TEST_F(ModelTableTest, AModelThatComesBackHasOtherNumbers) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  ModelTable late(repository_, metrics_);
  ASSERT_THAT(late.Sync(), IsOk());
  const auto before = table_.Find("a", 1)->loaded;
  ASSERT_THAT(table_.DeleteModel("a"), IsOk());
  Publish("a", 2);
  // The other server notices the deletion and the training at once.
  for (ModelTable* table : {&table_, &late}) {
    ASSERT_THAT(table->Sync(), IsOk());
    EXPECT_THAT(table->Find("a", 1), StatusIs(absl::StatusCode::kNotFound, HasSubstr("1")));
    ASSERT_OK_AND_ASSIGN(const FoundVersion found, table->Find("a", std::nullopt));
    EXPECT_EQ(found.loaded->info().version(), 2);
    EXPECT_NE(found.loaded->info().data_fingerprint(), before->info().data_fingerprint());
  }
}

TEST_F(ModelTableTest, ALoadedVersionWhoseFilesChangeIsLoadedAnew) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  const auto before = table_.Find("a", 1)->loaded;
  // Another model's version of the same name and number, as somebody might copy it there.
  testing::TemporaryFolder elsewhere;
  ASSERT_THAT(Repository::Open(elsewhere.path())->Publish(*RandomBundle("a", 2)), IsOk());
  std::filesystem::remove_all(folder_.path() / "a");
  std::filesystem::copy(elsewhere.path() / "a", folder_.path() / "a",
                        std::filesystem::copy_options::recursive);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_NE(table_.Find("a", 1)->loaded->info().data_fingerprint(),
            before->info().data_fingerprint());
}

TEST_F(ModelTableTest, ALoadedVersionOutlivesDamageToItsFiles) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  const auto before = table_.Find("a", 1)->loaded;
  std::filesystem::remove(folder_.path() / "a/1/manifest.sha256");
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(table_.Find("a", 1)->loaded, before);
  EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_versions 1\n"));
  std::ofstream(folder_.path() / "a/1/manifest.sha256") << "other";
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(table_.Find("a", 1)->loaded, before);
}

TEST_F(ModelTableTest, AHalfCopiedVersionIsLoadedWhenItIsWhole) {
  Publish("a");
  const auto weights = folder_.path() / "a/1/weights.safetensors";
  const auto aside = folder_.path() / "aside";
  std::filesystem::rename(weights, aside);
  ASSERT_THAT(table_.Sync(), IsOk());
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_FALSE(table_.Find("a", 1).ok());
  EXPECT_THAT(Exported(), HasSubstr("advae_load_failures_total 1\n"));
  EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_versions 1\n"));
  std::filesystem::rename(aside, weights);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(table_.Find("a", 1), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_versions 0\n"));
}

TEST_F(ModelTableTest, ConcurrentServersLoseNoThresholdAndAgree) {
  Publish("a");
  ModelTable other(*Repository::Open(folder_.path()), metrics_);
  constexpr int kChanges = 30;
  const auto change = [](ModelTable& table, double alpha) {
    ASSERT_THAT(table.Sync(), IsOk());
    for (int i = 0; i < kChanges; ++i) {
      v1::ThresholdRecord record;
      record.set_alpha(alpha);
      record.set_threshold(i);
      EXPECT_THAT(table.ApplyThreshold("a", 1, record), IsOk());
    }
  };
  std::thread thread([&] { change(other, 0.2); });
  change(table_, 0.3);
  thread.join();
  ASSERT_THAT(table_.Sync(), IsOk());
  ASSERT_THAT(other.Sync(), IsOk());
  const v1::VersionInfo& info = table_.Find("a", 1)->loaded->info();
  EXPECT_EQ(info.threshold_history_size(), 1 + 2 * kChanges);
  EXPECT_EQ(info.SerializeAsString(), other.Find("a", 1)->loaded->info().SerializeAsString());
}

// Histories of one length that differ.
TEST_F(ModelTableTest, AnotherHistoryOfTheSameLengthIsTakenUp) {
  Publish("a");
  v1::ThresholdRecord record;
  record.set_alpha(0.2);
  ASSERT_THAT(repository_.AppendThreshold("a", 1, record), IsOk());
  ASSERT_THAT(table_.Sync(), IsOk());
  std::filesystem::remove(folder_.path() / "a/1/thresholds.json");
  record.set_alpha(0.3);
  ASSERT_THAT(repository_.AppendThreshold("a", 1, record), IsOk());
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(table_.Find("a", 1)->loaded->threshold().alpha(), 0.3);
}

TEST_F(ModelTableTest, TheVersionThatAnotherServerHasChosenIsNotDeleted) {
  Publish("a");
  Publish("a", 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  ModelTable other(repository_, metrics_);
  ASSERT_THAT(other.Sync(), IsOk());
  ASSERT_THAT(other.SetServingVersion("a", 1), IsOk());
  EXPECT_THAT(table_.DeleteVersion("a", 1),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("serving version")));
  EXPECT_THAT(table_.DeleteVersion("a", 2), IsOk());
}

TEST_F(ModelTableTest, AVersionThatServesUnnamedElsewhereIsNotDeleted) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  Publish("a", 2);  // which serves, though this server does not know it yet
  EXPECT_THAT(table_.DeleteVersion("a", 2),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("serving version")));
  EXPECT_THAT(table_.DeleteVersion("a", 1), IsOk());
}

TEST_F(ModelTableTest, DeletesWhatItCannotLoad) {
  Publish("a");
  Publish("a", 2);
  Publish("b");
  Damage("a", 2);
  Damage("b", 1);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(table_.DeleteVersion("a", 2), IsOk());
  EXPECT_THAT(table_.DeleteModel("b"), IsOk());
  EXPECT_THAT(*repository_.List(), ::testing::SizeIs(1));
  EXPECT_EQ(Serving("a"), 1);
}

TEST_F(ModelTableTest, AnUnreadableChoiceChangesNothing) {
  Publish("a");
  Publish("a", 2);
  ASSERT_THAT(repository_.SetServingVersion("a", 1), IsOk());
  ASSERT_THAT(table_.Sync(), IsOk());
  const auto choice = folder_.path() / "a/serving.json";
  std::filesystem::remove(choice);
  std::filesystem::create_directory(choice);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(Serving("a"), 1);
  EXPECT_THAT(table_.SyncModel("a"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("serving")));
  EXPECT_EQ(Serving("a"), 1);
  EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_models 1\n"));
}

TEST_F(ModelTableTest, AThresholdThatIsNotFiniteIsNotTakenUp) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  const double threshold = table_.Find("a", 1)->loaded->threshold().threshold();
  std::ofstream(folder_.path() / "a/1/thresholds.json")
      << R"({"records": [{"alpha": 0.1, "threshold": "NaN"}]})";
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(table_.Find("a", 1)->loaded->threshold().threshold(), threshold);
}

TEST_F(ModelTableTest, OneUnreadableModelStopsNoOther) {
  Publish("a");
  Publish("b");
  ASSERT_THAT(table_.Sync(), IsOk());
  std::filesystem::rename(folder_.path() / "a", folder_.path() / "aside");
  std::filesystem::create_directory_symlink("a", folder_.path() / "a");  // round in circles
  Publish("b", 2);
  Publish("c");
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(table_.Find("a", 1), IsOk()) << "it was loaded";
  EXPECT_EQ(Serving("b"), 2);
  EXPECT_THAT(table_.Find("c", 1), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_unreadable_models 1\n"));
}

TEST_F(ModelTableTest, AnUnmountedVolumeChangesNothingAndIsReported) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_repository_available 1\n"));
  const auto volume = folder_.path().string() + ".volume";
  std::filesystem::rename(folder_.path(), volume);
  std::filesystem::create_directory(folder_.path());
  EXPECT_THAT(table_.Sync(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("not mounted")));
  EXPECT_FALSE(table_.SyncModel("a").ok());
  EXPECT_FALSE(table_.DeleteModel("a").ok());
  EXPECT_EQ(Serving("a"), 1);
  EXPECT_THAT(Exported(), HasSubstr("advae_repository_available 0\n"));
  std::filesystem::remove(folder_.path());
  std::filesystem::rename(volume, folder_.path());
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_repository_available 1\n"));
}

// A snapshot, whose files look like the original ones, brings back an older state under a server.
TEST_F(ModelTableTest, RemembersTheNumbersThatARepositoryHasForgotten) {
  Publish("a");
  Publish("a", 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  std::filesystem::remove_all(folder_.path() / "a" / "2");
  std::filesystem::remove_all(folder_.path() / ".numbers");
  EXPECT_EQ(table_.HighestVersion("a"), 2);
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(*repository_.Publish(*RandomBundle("a", 3)), 3);
  ASSERT_THAT(table_.Sync(), IsOk());
  std::filesystem::remove_all(folder_.path() / "a");
  std::filesystem::remove_all(folder_.path() / ".numbers");
  ASSERT_THAT(table_.Sync(), IsOk());
  EXPECT_EQ(*repository_.Publish(*RandomBundle("a", 4)), 4);
}

TEST_F(ModelTableTest, AnUnreadableRepositoryChangesNothing) {
  Publish("a");
  ASSERT_THAT(table_.Sync(), IsOk());
  const auto aside = folder_.path().string() + ".aside";
  std::filesystem::rename(folder_.path(), aside);
  std::ofstream(folder_.path()) << "a file";
  EXPECT_FALSE(table_.Sync().ok());
  EXPECT_EQ(Serving("a"), 1);
  std::filesystem::remove(folder_.path());
  std::filesystem::rename(aside, folder_.path());
}

}  // namespace
}  // namespace advae
