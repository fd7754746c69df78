#include "model/repository/model_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::StatusIs;

class ModelFolderTest : public ::testing::Test {
 protected:
  void AddFile(const std::string& name, const std::string& text = "") {
    std::ofstream(root_.path() / name) << text;
  }
  void AddFolder(const std::string& name) { fs::create_directories(root_.path() / name); }

  testing::TemporaryFolder root_;
  ModelFolder folder_{root_.path()};
};

TEST_F(ModelFolderTest, ListsVersionsInOrder) {
  for (const char* const name : {"10", "9", "1", "9007199254740991"}) AddFolder(name);
  ASSERT_OK_AND_ASSIGN(const auto versions, folder_.ListVersions());
  EXPECT_THAT(versions, ElementsAre(1, 9, 10, 9007199254740991u));
}

TEST_F(ModelFolderTest, PassesOverWhatIsNoVersion) {
  for (const char* const name :
       {"12abc", "0", "007", "-1", "+1", " 1", "1 ", "1.5", "abc", "18446744073709551616",
        "18446744073709551615", "9007199254740992", "3.deleted"}) {
    AddFolder(name);
  }
  AddFile("4");
  AddFile("serving.json");
  ASSERT_OK_AND_ASSIGN(const auto versions, folder_.ListVersions());
  EXPECT_THAT(versions, IsEmpty());
}

TEST_F(ModelFolderTest, ListsVersionsWhoseFoldersCannotBeReached) {
  fs::create_directory_symlink(root_.path() / "nowhere", root_.path() / "2");
  fs::create_directory_symlink(root_.path() / "3", root_.path() / "3");
  ASSERT_OK_AND_ASSIGN(const auto versions, folder_.ListVersions());
  EXPECT_THAT(versions, ElementsAre(2, 3));
}

TEST_F(ModelFolderTest, AbsurdNumbersCountForNothing) {
  AddFolder("2");
  AddFolder("18446744073709551615");
  AddFile("9007199254740992.deleted");
  EXPECT_EQ(*folder_.HighestVersion(), 2);
}

TEST_F(ModelFolderTest, HighestVersionCountsAllThatWereUsed) {
  EXPECT_EQ(*folder_.HighestVersion(), 0);
  AddFolder("2");
  EXPECT_EQ(*folder_.HighestVersion(), 2);
  AddFile("7.deleted");
  EXPECT_EQ(*folder_.HighestVersion(), 7);
  AddFile("9");  // somebody's file: its name is in the way
  EXPECT_EQ(*folder_.HighestVersion(), 9);
  AddFile("99x.deleted");
  EXPECT_EQ(*folder_.HighestVersion(), 9);
}

TEST_F(ModelFolderTest, AFolderThatIsNotThereIsEmpty) {
  const ModelFolder none(root_.path() / "none");
  EXPECT_THAT(*none.ListVersions(), IsEmpty());
  EXPECT_EQ(*none.HighestVersion(), 0);
  EXPECT_EQ(*none.ReadServingVersion(), std::nullopt);
}

TEST_F(ModelFolderTest, AFileIsNoFolder) {
  AddFile("file");
  const ModelFolder file(root_.path() / "file");
  EXPECT_THAT(file.ListVersions(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("Not a directory")));
  EXPECT_THAT(file.HighestVersion(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("file")));
}

TEST_F(ModelFolderTest, ReadsTheServingVersion) {
  EXPECT_EQ(*folder_.ReadServingVersion(), std::nullopt);
  AddFile("serving.json", "{\"version\": \"12\"}");
  EXPECT_EQ(*folder_.ReadServingVersion(), 12);
  AddFile("serving.json", "{\"version\": 0}");
  EXPECT_EQ(*folder_.ReadServingVersion(), std::nullopt);
  AddFile("serving.json", "{\"vers");
  EXPECT_EQ(*folder_.ReadServingVersion(), std::nullopt);
}

TEST_F(ModelFolderTest, AServingVersionThatCannotBeRead) {
  AddFolder("serving.json");
  EXPECT_THAT(folder_.ReadServingVersion(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("serving.json")));
}

TEST_F(ModelFolderTest, ReadsAppliedThresholds) {
  AddFolder("3");
  EXPECT_THAT(folder_.ReadAppliedThresholds(3),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("thresholds.json")));
  AddFile("3/thresholds.json", "{\"records\": [{\"alpha\": 0.1}, {\"alpha\": 0.2}]}");
  ASSERT_OK_AND_ASSIGN(const v1::ThresholdHistory history, folder_.ReadAppliedThresholds(3));
  EXPECT_EQ(history.records(1).alpha(), 0.2);
  AddFile("3/thresholds.json", "{}");
  EXPECT_THAT(folder_.ReadAppliedThresholds(3),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("there is no threshold")));
  AddFile("3/thresholds.json", R"({"records": [{}]})");
  EXPECT_THAT(folder_.ReadAppliedThresholds(3),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("alpha")));
  AddFile("3/thresholds.json", R"({"records": [{"alpha": 0.1, "threshold": "NaN"}]})");
  EXPECT_THAT(folder_.ReadAppliedThresholds(3),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the threshold is nan")));
  AddFile("3/thresholds.json", "");
  EXPECT_THAT(folder_.ReadAppliedThresholds(3),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("thresholds.json")));
}

}  // namespace
}  // namespace advae
