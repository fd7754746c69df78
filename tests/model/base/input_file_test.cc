#include "model/base/input_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::advae::testing::TemporaryFolder;
using ::testing::HasSubstr;

TEST(OpenInputFile, GivesTheBytesOfTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() / "bytes";
  const std::string bytes("a\r\n\0b", 5);
  std::ofstream(path, std::ios::binary) << bytes;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<std::istream> input, OpenInputFile(path));
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(*input), {}), bytes);
}

TEST(OpenInputFile, MissingFileIsNotFound) {
  const TemporaryFolder folder;
  EXPECT_THAT(OpenInputFile(folder.path() / "none"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none")));
}

TEST(OpenInputFile, FolderIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THAT(OpenInputFile(folder.path()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is a folder")));
}

TEST(OpenInputFile, UnreadableFileIsPermissionDenied) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read every file";
  const TemporaryFolder folder;
  const std::string path = folder.path() / "secret";
  std::ofstream(path) << "x";
  std::filesystem::permissions(path, std::filesystem::perms::none);
  EXPECT_THAT(OpenInputFile(path),
              StatusIs(absl::StatusCode::kPermissionDenied, HasSubstr("secret")));
}

}  // namespace
}  // namespace advae
