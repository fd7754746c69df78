#include "report/report_file.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::advae::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> Names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

TEST(ReportFile, ReplacesAFileAsAWhole) {
  const TemporaryFolder folder;
  const fs::path path = fs::path(folder.path()) / "report.html";
  std::ofstream(path) << "old";
  ASSERT_OK_AND_ASSIGN(ReportFile file, ReportFile::Create(path.string()));
  EXPECT_EQ(Contents(path), "old");
  EXPECT_THAT(file.Write("new"), IsOk());
  EXPECT_EQ(Contents(path), "new");
  EXPECT_THAT(Names(folder.path()), ElementsAre("report.html"));
}

TEST(ReportFile, LeavesNothingWhenNothingIsWritten) {
  const TemporaryFolder folder;
  const fs::path path = fs::path(folder.path()) / "report.html";
  EXPECT_THAT(ReportFile::Create(path.string()), IsOk());
  EXPECT_THAT(Names(folder.path()), IsEmpty());
}

TEST(ReportFile, FollowsLinks) {
  const TemporaryFolder folder;
  const fs::path link = fs::path(folder.path()) / "link.html";
  const fs::path target = fs::path(folder.path()) / "target.html";
  std::ofstream(target) << "old";
  fs::create_symlink(target, link);
  ASSERT_OK_AND_ASSIGN(ReportFile file, ReportFile::Create(link.string()));
  EXPECT_THAT(file.Write("new"), IsOk());
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(Contents(target), "new");
}

TEST(ReportFile, WritesNothingThroughALinkInPlaceOfItsTemporaryFile) {
  const TemporaryFolder folder;
  const fs::path path = fs::path(folder.path()) / "report.html";
  const fs::path other = fs::path(folder.path()) / "other";
  ASSERT_OK_AND_ASSIGN(ReportFile file, ReportFile::Create(path.string()));
  ASSERT_THAT(Names(folder.path()), SizeIs(1));
  const fs::path temporary = fs::path(folder.path()) / Names(folder.path())[0];
  std::ofstream(other) << "untouched";
  fs::remove(temporary);
  fs::create_symlink(other, temporary);
  EXPECT_THAT(file.Write("new"), IsOk());
  EXPECT_EQ(Contents(other), "untouched");
}

TEST(ReportFile, NobodyKnowsTheNameOfTheTemporaryFile) {
  const TemporaryFolder folder;
  const std::string path = (fs::path(folder.path()) / "report.html").string();
  ASSERT_OK_AND_ASSIGN(const ReportFile first, ReportFile::Create(path));
  ASSERT_OK_AND_ASSIGN(const ReportFile second, ReportFile::Create(path));
  EXPECT_THAT(Names(folder.path()), SizeIs(2));
}

TEST(ReportFile, IsReadableAsOtherNewFiles) {
  const TemporaryFolder folder;
  const fs::path path = fs::path(folder.path()) / "report.html";
  ASSERT_OK_AND_ASSIGN(ReportFile file, ReportFile::Create(path.string()));
  ASSERT_THAT(file.Write("new"), IsOk());
  std::ofstream(path.string() + ".other") << "new";
  EXPECT_EQ(fs::status(path).permissions(), fs::status(path.string() + ".other").permissions());
}

TEST(ReportFile, RefusesWhatCannotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_THAT(ReportFile::Create("/no/such/folder/report.html"),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr("cannot write the report /no/such/folder/report.html: No such")));
  EXPECT_THAT(ReportFile::Create(std::string(folder.path())),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected a file")));
  EXPECT_THAT(ReportFile::Create("/dev/null"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected a file")));
}

TEST(ReportFile, TellsWhenTheFolderHasGone) {
  auto folder = std::make_unique<TemporaryFolder>();
  const fs::path path = fs::path(folder->path()) / "report.html";
  ASSERT_OK_AND_ASSIGN(ReportFile file, ReportFile::Create(path.string()));
  folder.reset();
  EXPECT_THAT(file.Write("new"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("cannot write the report")));
}

}  // namespace
}  // namespace advae
