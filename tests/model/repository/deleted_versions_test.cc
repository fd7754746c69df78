// What is deleted and can be restored.

#include "model/repository/deleted_versions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/repository/repository.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using testing::RandomBundle;
using testing::StatusIs;

constexpr absl::StatusCode kNotFound = absl::StatusCode::kNotFound;

class DeletedVersionsTest : public ::testing::Test {
 protected:
  uint64_t Publish(const std::string& model, Serving serving = Serving::kUnchanged) {
    const auto published = repository_.Publish(*RandomBundle(model, ++seed_), {.serving = serving});
    EXPECT_THAT(published, IsOk());
    return published.ok() ? published->version : 0;
  }

  // By path within the model's folder.
  std::map<std::string, std::string> FilesOf(const std::string& model) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(root() / model)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      files[fs::relative(entry.path(), root() / model)] = {std::istreambuf_iterator<char>(file),
                                                           {}};
    }
    return files;
  }
  std::vector<uint64_t> Versions(const std::string& model) const {
    return repository_.ListModel(model)->versions;
  }
  std::optional<uint64_t> ServingVersion(const std::string& model) const {
    return repository_.ListModel(model)->serving_version;
  }
  std::vector<std::pair<std::string, uint64_t>> Kept(const std::string& model = "") const {
    const auto versions = repository_.ListDeleted(model);
    EXPECT_THAT(versions, IsOk());
    std::vector<std::pair<std::string, uint64_t>> kept;
    for (const DeletedVersion& each : versions.value_or(std::vector<DeletedVersion>())) {
      kept.emplace_back(each.model, each.version);
    }
    return kept;
  }
  // A deletion so many minutes after the first.
  Deletion At(int minutes) const { return {.time = start_ + absl::Minutes(minutes)}; }

  const fs::path& root() const { return repository_.root(); }
  fs::path deleted() const { return root() / ".deleted"; }

  testing::TemporaryFolder folder_;
  Repository repository_ = *Repository::Open(folder_.path() / "models");
  const absl::Time start_ = absl::FromUnixSeconds(1'700'000'000);
  uint32_t seed_ = 0;
};

TEST_F(DeletedVersionsTest, AVersionComesBackBitForBit) {
  Publish("pump", Serving::kAlways);
  Publish("pump");
  ASSERT_THAT(
      repository_.AppendThreshold("pump", 2, RandomBundle("pump")->info.threshold_history(0)),
      IsOk());
  const auto before = FilesOf("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 2), IsOk());
  EXPECT_THAT(Versions("pump"), ElementsAre(1));
  EXPECT_THAT(Kept(), ElementsAre(Pair("pump", 2)));
  EXPECT_TRUE(fs::is_empty(root() / ".staging"));

  EXPECT_THAT(*repository_.Undelete("pump", 2), ElementsAre(2));
  EXPECT_EQ(FilesOf("pump"), before);
  EXPECT_THAT(repository_.Load("pump", 2), IsOk());
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_FALSE(fs::exists(deleted() / "pump"));
  EXPECT_EQ(Publish("pump"), 3);
}

TEST_F(DeletedVersionsTest, AModelComesBackBitForBitWithWhatServes) {
  for (int i = 0; i < 3; ++i) Publish("pump");
  ASSERT_THAT(repository_.SetServingVersion("pump", 2), IsOk());
  const auto before = FilesOf("pump");
  ASSERT_THAT(repository_.DeleteModel("pump"), IsOk());
  EXPECT_THAT(Versions("pump"), IsEmpty());
  EXPECT_THAT(Kept("pump"), ElementsAre(Pair("pump", 3), Pair("pump", 2), Pair("pump", 1)));

  // By another server, later.
  ASSERT_OK_AND_ASSIGN(const Repository other, Repository::Open(root()));
  EXPECT_THAT(*other.Undelete("pump", std::nullopt), ElementsAre(1, 2, 3));
  EXPECT_EQ(FilesOf("pump"), before);
  EXPECT_THAT(Kept(), IsEmpty());
}

TEST_F(DeletedVersionsTest, OneVersionOfADeletedModelComesBack) {
  Publish("pump");
  Publish("pump", Serving::kAlways);
  ASSERT_THAT(repository_.DeleteModel("pump"), IsOk());
  EXPECT_THAT(*repository_.Undelete("pump", 1), ElementsAre(1));
  EXPECT_EQ(ServingVersion("pump"), std::nullopt) << "the one that served is not there";
  EXPECT_THAT(Kept(), ElementsAre(Pair("pump", 2)));
  // What serves now goes on to.
  EXPECT_THAT(*repository_.Undelete("pump", std::nullopt), ElementsAre(2));
  EXPECT_EQ(ServingVersion("pump"), 1);
}

TEST_F(DeletedVersionsTest, AModelThatWasTrainedAgainGetsItsOldVersionsBack) {
  Publish("pump", Serving::kAlways);
  ASSERT_THAT(repository_.DeleteModel("pump", At(0)), IsOk());
  EXPECT_EQ(Publish("pump", Serving::kAlways), 2);
  ASSERT_THAT(repository_.DeleteModel("pump", At(1)), IsOk());
  EXPECT_EQ(Publish("pump", Serving::kAlways), 3);
  EXPECT_EQ(Publish("pump", Serving::kUnchanged), 4);
  ASSERT_THAT(repository_.DeleteVersion("pump", 4, At(2)), IsOk());
  EXPECT_THAT(Kept(), ElementsAre(Pair("pump", 4), Pair("pump", 2), Pair("pump", 1)));

  EXPECT_THAT(*repository_.Undelete("pump", std::nullopt), ElementsAre(1, 2, 4));
  EXPECT_EQ(ServingVersion("pump"), 3);
  for (const uint64_t version : {1, 2, 3, 4}) {
    ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, repository_.Load("pump", version));
    EXPECT_EQ(bundle.training_scores,
              RandomBundle("pump", static_cast<uint32_t>(version))->training_scores);
  }
  EXPECT_EQ(Publish("pump"), 5);
}

TEST_F(DeletedVersionsTest, TheLatestDeletionSaysWhatServes) {
  Publish("pump", Serving::kAlways);
  ASSERT_THAT(repository_.DeleteModel("pump", At(0)), IsOk());
  Publish("pump", Serving::kAlways);
  ASSERT_THAT(repository_.DeleteModel("pump", At(1)), IsOk());
  EXPECT_THAT(*repository_.Undelete("pump", std::nullopt), ElementsAre(1, 2));
  EXPECT_EQ(ServingVersion("pump"), 2);
}

TEST_F(DeletedVersionsTest, WithoutServingFileTheVersionThatServesStays) {
  Publish("pump");
  Publish("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 2), IsOk());
  EXPECT_THAT(repository_.Undelete("pump", std::nullopt), IsOk());
  EXPECT_EQ(ServingVersion("pump"), 1);
}

TEST_F(DeletedVersionsTest, DeletesAndRestoresAgain) {
  Publish("pump", Serving::kAlways);
  Publish("pump");
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(repository_.DeleteVersion("pump", 2), IsOk());
    EXPECT_THAT(*repository_.Undelete("pump", std::nullopt), ElementsAre(2));
  }
  EXPECT_THAT(repository_.Load("pump", 2), IsOk());
}

TEST_F(DeletedVersionsTest, NothingKeptIsNotFound) {
  Publish("pump");
  EXPECT_THAT(repository_.Undelete("pump", std::nullopt),
              StatusIs(kNotFound, "no deleted version of model 'pump' is kept"));
  EXPECT_THAT(repository_.Undelete("pump", 1),
              StatusIs(kNotFound, "no deleted version 1 of model 'pump' is kept"));
  EXPECT_THAT(repository_.Undelete("fan", std::nullopt), StatusIs(kNotFound, HasSubstr("'fan'")));
  EXPECT_FALSE(fs::exists(root() / ".locks" / "fan"));
  for (const char* const name : {"", "a/b", ".."}) {
    EXPECT_THAT(repository_.Undelete(name, std::nullopt),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("name")));
  }
  EXPECT_THAT(repository_.ListDeleted("a/b"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("name")));
}

// As a restored backup may have it.
TEST_F(DeletedVersionsTest, AVersionThatIsThereIsNotReplaced) {
  Publish("pump", Serving::kAlways);
  Publish("pump");
  fs::copy(root() / "pump" / "2", root() / "copy", fs::copy_options::recursive);
  ASSERT_THAT(repository_.DeleteVersion("pump", 2), IsOk());
  fs::rename(root() / "copy", root() / "pump" / "2");
  EXPECT_THAT(repository_.Undelete("pump", 2),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("has versions")));
  EXPECT_THAT(repository_.Load("pump", 2), IsOk());
  EXPECT_THAT(Kept(), ElementsAre(Pair("pump", 2)));
}

TEST_F(DeletedVersionsTest, PermanentDeletionsAreNotKept) {
  Publish("pump", Serving::kAlways);
  Publish("pump");
  Publish("fan");
  ASSERT_THAT(repository_.DeleteVersion("pump", 2, {.permanently = true}), IsOk());
  ASSERT_THAT(repository_.DeleteModel("fan", {.permanently = true}), IsOk());
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_FALSE(fs::exists(deleted()));
  EXPECT_TRUE(fs::is_empty(root() / ".staging"));
  EXPECT_EQ(Publish("pump"), 3);
  EXPECT_EQ(Publish("fan"), 2);
}

TEST_F(DeletedVersionsTest, PermanentDeletionsRemoveWhatWasKept) {
  for (int i = 0; i < 3; ++i) Publish("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 1, At(0)), IsOk());
  ASSERT_THAT(repository_.DeleteModel("pump", At(1)), IsOk());
  EXPECT_THAT(repository_.DeleteVersion("pump", 2), StatusIs(kNotFound, HasSubstr("'pump'")));
  EXPECT_THAT(repository_.DeleteVersion("pump", 2, {.permanently = true}), IsOk());
  EXPECT_THAT(repository_.DeleteVersion("pump", 2, {.permanently = true}),
              StatusIs(kNotFound, HasSubstr("'pump'")));
  EXPECT_THAT(Kept(), ElementsAre(Pair("pump", 3), Pair("pump", 1)));
  EXPECT_THAT(repository_.DeleteModel("pump", {.permanently = true}), IsOk());
  EXPECT_TRUE(fs::is_empty(deleted()));
  EXPECT_THAT(repository_.DeleteModel("pump", {.permanently = true}),
              StatusIs(kNotFound, HasSubstr("'pump'")));
  EXPECT_EQ(Publish("pump"), 4);
}

TEST_F(DeletedVersionsTest, WhatServesIsRefusedBeforeAnythingIsRemoved) {
  Publish("pump", Serving::kAlways);
  EXPECT_THAT(repository_.DeleteVersion("pump", 1, {.permanently = true}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is the serving version")));
  EXPECT_THAT(Versions("pump"), ElementsAre(1));
}

TEST_F(DeletedVersionsTest, WhatIsTooOldGoes) {
  for (int i = 0; i < 3; ++i) Publish("pump");
  Publish("fan");
  ASSERT_THAT(repository_.DeleteVersion("pump", 1, At(0)), IsOk());
  ASSERT_THAT(repository_.DeleteVersion("pump", 2, At(1)), IsOk());
  ASSERT_THAT(repository_.DeleteModel("fan", At(0)), IsOk());
  const KeptDeletions keep = {.age = absl::Hours(1)};
  const auto remove_at = [&](absl::Duration age) {
    EXPECT_THAT(repository_.RemoveExcessDeletions(keep, start_ + age), IsOk());
  };
  remove_at(absl::Hours(1) - absl::Microseconds(1));
  EXPECT_EQ(Kept().size(), 3);
  remove_at(absl::Hours(1));
  EXPECT_THAT(Kept(), ElementsAre(Pair("pump", 2)));
  EXPECT_FALSE(fs::exists(deleted() / "fan"));
  remove_at(absl::Hours(2));
  EXPECT_TRUE(fs::is_empty(deleted()));
  EXPECT_TRUE(fs::is_empty(root() / ".staging"));
  EXPECT_EQ(Publish("fan"), 2);
}

TEST_F(DeletedVersionsTest, TheLatestOfAModelAreKept) {
  for (int i = 0; i < 5; ++i) Publish("pump");
  Publish("fan");
  for (const int version : {3, 1, 4, 2}) {
    ASSERT_THAT(repository_.DeleteVersion("pump", static_cast<uint64_t>(version), At(10 - version)),
                IsOk());
  }
  ASSERT_THAT(repository_.DeleteModel("fan", At(0)), IsOk());
  ASSERT_THAT(repository_.RemoveExcessDeletions({.per_model = 2}, start_), IsOk());
  EXPECT_THAT(Kept(), ElementsAre(Pair("fan", 1), Pair("pump", 1), Pair("pump", 2)));
}

TEST_F(DeletedVersionsTest, AModelOfWhichAllIsRestoredLeavesNothing) {
  Publish("pump");
  ASSERT_THAT(repository_.DeleteModel("pump"), IsOk());
  ASSERT_THAT(repository_.Undelete("pump", 1), IsOk());
  ASSERT_THAT(repository_.RemoveExcessDeletions({}, absl::Now()), IsOk());
  EXPECT_TRUE(fs::is_empty(deleted()));
}

TEST_F(DeletedVersionsTest, ForeignEntriesArePassedOver) {
  Publish("pump");
  Publish("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 1, At(0)), IsOk());
  for (const char* const name : {"1-", "-1", "1", "x-1", "1-x", "1-0", "1-01", "0-1", "-1-1",
                                 "1-model ", "1-2-3", "99999999999999999999-1"}) {
    fs::create_directory(deleted() / "pump" / name);
  }
  std::ofstream(deleted() / "pump" / "5-7") << "a file";
  std::ofstream(deleted() / "fan") << "a file";
  fs::create_directory(deleted() / "a b");
  fs::create_directory(deleted() / "empty");
  EXPECT_THAT(Kept(), ElementsAre(Pair("pump", 1)));
  EXPECT_THAT(Kept("empty"), IsEmpty());
  EXPECT_THAT(repository_.Undelete("pump", 7), StatusIs(kNotFound, HasSubstr("7")));
  ASSERT_THAT(repository_.RemoveExcessDeletions({}, absl::Now()), IsOk());
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_TRUE(fs::exists(deleted() / "pump" / "1-x"));
}

TEST_F(DeletedVersionsTest, HalfOfAVersionComesBackAsItWas) {
  Publish("pump", Serving::kAlways);
  Publish("pump");
  fs::resize_file(root() / "pump" / "2" / "weights.safetensors", 100);
  ASSERT_THAT(repository_.DeleteVersion("pump", 2), IsOk());
  EXPECT_THAT(*repository_.Undelete("pump", 2), ElementsAre(2));
  EXPECT_THAT(repository_.Load("pump", 2),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("weights")));
}

TEST_F(DeletedVersionsTest, ReadOnlyListsAndChangesNothing) {
  Publish("pump");
  Publish("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 1, At(0)), IsOk());
  ASSERT_OK_AND_ASSIGN(const Repository reader, Repository::OpenReadOnly(root()));
  EXPECT_EQ(reader.ListDeleted("")->size(), 1);
  EXPECT_THAT(reader.Undelete("pump", 1),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("read-only")));
  EXPECT_THAT(reader.RemoveExcessDeletions({}, absl::Now()), IsOk());
  EXPECT_EQ(reader.ListDeleted("")->size(), 1);
}

}  // namespace
}  // namespace advae
