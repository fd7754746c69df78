// Each call that a repository makes of the file system fails in turn, once alone and once with all
// that follow: what was published stays, what failed says so, and the same works once the fault has
// gone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/repository/repository.h"
#include "tests/model/repository/failing_calls.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FailingCalls;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using testing::RandomBundle;

// More than any change makes.
constexpr int kMostCalls = 1000;

v1::ThresholdRecord Record(double alpha) {
  v1::ThresholdRecord record;
  record.set_alpha(alpha);
  record.set_threshold(1);
  return record;
}

// A repository with the versions 1, which serves and has a threshold, and 2 of "pump".
class Scene {
 public:
  Scene() {
    EXPECT_THAT(repository_.Publish(first_, {.serving = Serving::kAlways}).status(), IsOk());
    EXPECT_THAT(repository_.Publish(second_).status(), IsOk());
    EXPECT_THAT(repository_.AppendThreshold("pump", 1, Record(0.01)), IsOk());
  }

  const Repository& repository() const { return repository_; }
  const VersionBundle& bundle() const { return second_; }

  std::vector<uint64_t> Versions() const { return repository_.ListModel("pump")->versions; }
  uint64_t Serving() const { return repository_.ListModel("pump")->serving_version.value_or(0); }
  size_t Thresholds() const { return repository_.ReadThresholdHistory("pump", 1)->size(); }

  // Whatever has failed: every version that is listed is whole, and nothing is left in .staging
  // but what a later start removes.
  void ExpectIntact() const {
    ASSERT_OK_AND_ASSIGN(const Repository opened, Repository::Open(folder_.path()));
    ASSERT_OK_AND_ASSIGN(const auto models, opened.List());
    for (const Repository::ModelVersions& model : models) {
      EXPECT_THAT(model.status, IsOk());
      for (const uint64_t version : model.versions) {
        ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, opened.Load(model.model, version));
        EXPECT_EQ(bundle.training_scores, (version == 1 ? first_ : second_).training_scores);
      }
    }
  }

 private:
  const testing::TemporaryFolder folder_;
  const VersionBundle first_ = *RandomBundle("pump", 1);
  const VersionBundle second_ = *RandomBundle("pump", 2);
  const Repository repository_ = *Repository::Open(folder_.path());
};

// Makes `change` in a new scene, which `prepare` has changed, for each call that it makes and each
// way to fail; `check` looks at the scene and the outcome when the fault has gone.
void FailInTurn(
    const std::function<absl::Status(const Scene&)>& change,
    const std::function<void(const Scene&, const absl::Status&)>& check,
    const std::function<void(const Scene&)>& prepare = [](const Scene& /*scene*/) {}) {
  using Which = FailingCalls::Which;
  for (const auto& [which, error] : {std::pair(Which::kOne, EIO), {Which::kAllFrom, ENOSPC}}) {
    int call = 1;
    for (bool failed = true; failed; ++call) {
      SCOPED_TRACE(absl::StrCat("call ", call, which == Which::kOne ? "" : " and those after it",
                                ", error ", error));
      ASSERT_LT(call, kMostCalls);
      const Scene scene;
      prepare(scene);
      absl::Status status;
      {
        const FailingCalls faults(call, which, error);
        status = change(scene);
        failed = FailingCalls::AnyFailed();
      }
      if (!failed) {
        EXPECT_THAT(status, IsOk());
      }
      EXPECT_THAT(status.code(), AnyOf(absl::StatusCode::kOk, absl::StatusCode::kUnavailable,
                                       absl::StatusCode::kResourceExhausted))
          << status;
      scene.ExpectIntact();
      check(scene, status);
      if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(call, 5) << "the change makes few calls";
  }
}

TEST(RepositoryFaultsTest, APublicationIsThereOrNot) {
  FailInTurn(
      [](const Scene& scene) {
        return scene.repository()
            .Publish(scene.bundle(), {.serving = Serving::kUnchanged})
            .status();
      },
      [](const Scene& scene, const absl::Status& status) {
        if (status.ok()) {
          EXPECT_THAT(scene.Versions(), ElementsAre(1, 2, 3));
        } else {
          EXPECT_THAT(scene.Versions(), ElementsAre(1, 2));
        }
        EXPECT_EQ(scene.Serving(), 1);
        ASSERT_OK_AND_ASSIGN(const uint64_t next, scene.repository().Publish(scene.bundle()));
        EXPECT_THAT(scene.Versions(), Contains(next));
        EXPECT_GE(next, status.ok() ? 4 : 3);
      });
}

TEST(RepositoryFaultsTest, APublishedVersionServesOrTheAftermathSaysWhyNot) {
  std::optional<Published> published;
  FailInTurn(
      [&](const Scene& scene) {
        published.reset();
        const auto result =
            scene.repository().Publish(scene.bundle(), {.serving = Serving::kAlways});
        if (result.ok()) published = *result;
        return result.status();
      },
      [&](const Scene& scene, const absl::Status& /*status*/) {
        if (published && published->aftermath.ok()) {
          EXPECT_EQ(scene.Serving(), 3);
        } else {
          EXPECT_THAT(scene.Serving(), AnyOf(1, published ? 3 : 1));
        }
      });
}

TEST(RepositoryFaultsTest, AThresholdIsAppliedOrNot) {
  FailInTurn(
      [](const Scene& scene) { return scene.repository().AppendThreshold("pump", 1, Record(0.2)); },
      [](const Scene& scene, const absl::Status& status) {
        // After an error it may have been applied, or be lost when the machine crashes.
        EXPECT_THAT(scene.Thresholds(), AnyOf(3, status.ok() ? 3 : 2));
        EXPECT_THAT(scene.repository().AppendThreshold("pump", 1, Record(0.3)), IsOk());
      });
}

TEST(RepositoryFaultsTest, AnotherVersionServesOrNot) {
  FailInTurn([](const Scene& scene) { return scene.repository().SetServingVersion("pump", 2); },
             [](const Scene& scene, const absl::Status& status) {
               EXPECT_THAT(scene.Serving(), AnyOf(2, status.ok() ? 2 : 1));
               EXPECT_THAT(scene.repository().SetServingVersion("pump", 2), IsOk());
             });
}

TEST(RepositoryFaultsTest, AVersionIsDeletedOrNot) {
  FailInTurn(
      [](const Scene& scene) { return scene.repository().DeleteVersion("pump", 2); },
      [](const Scene& scene, const absl::Status& status) {
        if (status.ok()) {
          EXPECT_THAT(scene.Versions(), ElementsAre(1));
        }
        EXPECT_THAT(scene.Versions(), Contains(1));
        EXPECT_EQ(scene.Versions().size() + scene.repository().ListDeleted("pump")->size(), 2);
        // Its number is not used again.
        ASSERT_OK_AND_ASSIGN(const uint64_t next, scene.repository().Publish(scene.bundle()));
        EXPECT_EQ(next, 3);
      });
}

TEST(RepositoryFaultsTest, AModelIsDeletedOrNot) {
  FailInTurn(
      [](const Scene& scene) { return scene.repository().DeleteModel("pump"); },
      [](const Scene& scene, const absl::Status& status) {
        EXPECT_THAT(scene.Versions(), AnyOf(IsEmpty(), ElementsAre(1, status.ok() ? 0 : 2)));
        EXPECT_EQ(scene.Versions().size() + scene.repository().ListDeleted("pump")->size(), 2);
        ASSERT_OK_AND_ASSIGN(const uint64_t next, scene.repository().Publish(scene.bundle()));
        EXPECT_EQ(next, 3);
      });
}

TEST(RepositoryFaultsTest, APermanentDeletionIsMadeOrNot) {
  FailInTurn(
      [](const Scene& scene) {
        return scene.repository().DeleteVersion("pump", 2, {.permanently = true});
      },
      [](const Scene& scene, const absl::Status& status) {
        EXPECT_THAT(scene.Versions(), AnyOf(ElementsAre(1), ElementsAre(1, status.ok() ? 0 : 2)));
        EXPECT_THAT(*scene.repository().ListDeleted(""), IsEmpty());
      });
}

TEST(RepositoryFaultsTest, AVersionIsRestoredOrKept) {
  FailInTurn(
      [](const Scene& scene) { return scene.repository().Undelete("pump", 2).status(); },
      [](const Scene& scene, const absl::Status& status) {
        if (status.ok()) {
          EXPECT_THAT(scene.Versions(), ElementsAre(1, 2));
        }
        EXPECT_EQ(scene.Versions().size() + scene.repository().ListDeleted("pump")->size(), 2);
        EXPECT_EQ(scene.Serving(), 1);
        EXPECT_EQ(*scene.repository().Publish(scene.bundle()), 3);
      },
      [](const Scene& scene) { EXPECT_THAT(scene.repository().DeleteVersion("pump", 2), IsOk()); });
}

TEST(RepositoryFaultsTest, AModelIsRestoredOrTheRestIsKept) {
  FailInTurn(
      [](const Scene& scene) { return scene.repository().Undelete("pump", std::nullopt).status(); },
      [](const Scene& scene, const absl::Status& status) {
        EXPECT_EQ(scene.Versions().size() + scene.repository().ListDeleted("pump")->size(), 2);
        if (!status.ok() && scene.Versions().size() < 2) {
          ASSERT_THAT(scene.repository().Undelete("pump", std::nullopt).status(), IsOk());
        }
        EXPECT_THAT(scene.Versions(), ElementsAre(1, 2));
        EXPECT_EQ(scene.Serving(), 1);
        EXPECT_EQ(scene.Thresholds(), 2);
      },
      [](const Scene& scene) { EXPECT_THAT(scene.repository().DeleteModel("pump"), IsOk()); });
}

TEST(RepositoryFaultsTest, DeletionsAreRemovedOrKept) {
  FailInTurn(
      [](const Scene& scene) {
        return scene.repository().RemoveExcessDeletions({}, absl::InfiniteFuture());
      },
      [](const Scene& scene, const absl::Status& /*status*/) {
        EXPECT_THAT(scene.repository().RemoveExcessDeletions({}, absl::InfiniteFuture()), IsOk());
        EXPECT_THAT(*scene.repository().ListDeleted(""), IsEmpty());
        EXPECT_THAT(scene.Versions(), ElementsAre(1));
      },
      [](const Scene& scene) { EXPECT_THAT(scene.repository().DeleteVersion("pump", 2), IsOk()); });
}

TEST(RepositoryFaultsTest, ReadsSayThatTheyFailed) {
  FailInTurn(
      [](const Scene& scene) {
        const absl::StatusOr<VersionBundle> bundle = scene.repository().Load("pump", 1);
        if (bundle.ok()) {
          EXPECT_EQ(bundle->info.threshold_history_size(), 2);
        }
        return bundle.status();
      },
      [](const Scene& /*scene*/, const absl::Status& /*status*/) {});
}

TEST(RepositoryFaultsTest, ARepositoryIsMadeOrNot) {
  for (int call = 1; call < kMostCalls; ++call) {
    const testing::TemporaryFolder folder;
    const fs::path root = folder.path() / "models";
    bool failed = false;
    {
      const FailingCalls faults(call, FailingCalls::Which::kAllFrom, EIO);
      Repository::Open(root).status().IgnoreError();
      failed = FailingCalls::AnyFailed();
    }
    ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(root));
    EXPECT_THAT(repository.id(), Not(IsEmpty()));
    EXPECT_THAT(repository.Publish(*RandomBundle("pump")).status(), IsOk());
    if (!failed) return;
  }
  FAIL() << "opening makes no end of calls";
}

}  // namespace
}  // namespace advae
