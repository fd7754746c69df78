#include "model/pytorch/zip_archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/crc.hpp>
#include <limits>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

std::string Number(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
  return text;
}

// One record and what the archive says of it, so that a test can make it lie.
struct Entry {
  std::string name = "archive/data.pkl";
  std::string content = "content";
  uint64_t method = 0;
  uint64_t flags = 0;
  uint64_t bytes = content.size();
  uint64_t stored_bytes = bytes;
  std::optional<uint64_t> crc = {};
  std::optional<uint64_t> header = {};
  std::string extra = {};
};

uint64_t Crc(const std::string& content) {
  boost::crc_32_type crc;
  crc.process_bytes(content.data(), content.size());
  return crc.checksum();
}

std::string Fields(const Entry& entry) {
  return Number(entry.flags, 2) + Number(entry.method, 2) + Number(0, 4) +
         Number(entry.crc.value_or(Crc(entry.content)), 4) + Number(entry.stored_bytes, 4) +
         Number(entry.bytes, 4) + Number(entry.name.size(), 2);
}

std::string Archive(const std::vector<Entry>& entries, const std::string& comment = "") {
  std::string records, directory;
  for (const Entry& entry : entries) {
    directory += "PK\x01\x02" + Number(20, 2) + Number(20, 2) + Fields(entry) +
                 Number(entry.extra.size(), 2) + Number(0, 2) + Number(0, 8) +
                 Number(entry.header.value_or(records.size()), 4) + entry.name + entry.extra;
    records += "PK\x03\x04" + Number(20, 2) + Fields(entry) + Number(3, 2) + entry.name + "pad" +
               entry.content;
  }
  return records + directory + "PK\x05\x06" + Number(0, 4) + Number(entries.size(), 2) +
         Number(entries.size(), 2) + Number(directory.size(), 4) + Number(records.size(), 4) +
         Number(comment.size(), 2) + comment;
}

TEST(ZipArchive, FindsRecords) {
  const std::string bytes = Archive(
      {{}, {.name = "archive/data/0", .content = ""}, {.name = "other", .content = "more"}});
  ASSERT_OK_AND_ASSIGN(const ZipArchive archive, ZipArchive::Open(bytes));
  EXPECT_EQ(archive.top_folder(), "archive");
  EXPECT_EQ(*archive.Read("archive/data.pkl"), "content");
  EXPECT_EQ(*archive.Read("archive/data/0"), "");
  EXPECT_EQ(*archive.Read("other"), "more");
  EXPECT_FALSE(archive.Contains("data.pkl"));
}

TEST(ZipArchive, TakesEmptyArchivesCommentsAndNumbersOf64Bits) {
  EXPECT_THAT(ZipArchive::Open(Archive({})), testing::IsOk());
  EXPECT_THAT(ZipArchive::Open(Archive({{}}, "a comment")), testing::IsOk());
  const Entry wide{.bytes = 0xffffffff,
                   .header = 0xffffffff,
                   .extra = Number(7, 2) + Number(1, 2) + "x" + Number(1, 2) + Number(24, 2) +
                            Number(7, 8) + Number(7, 8) + Number(0, 8)};
  const std::string bytes = Archive({wide});
  ASSERT_OK_AND_ASSIGN(const ZipArchive archive, ZipArchive::Open(bytes));
  EXPECT_EQ(*archive.Read("archive/data.pkl"), "content");
}

TEST(ZipArchive, CompressedRecordsAreNotRead) {
  const std::string bytes =
      Archive({{.name = "a/0", .method = 8, .bytes = 1 << 30, .stored_bytes = 7},
               {.name = "b", .bytes = 1 << 30, .stored_bytes = 7},
               {.name = "c", .flags = 1},
               {.name = "d"}});
  ASSERT_OK_AND_ASSIGN(const ZipArchive archive, ZipArchive::Open(bytes));
  EXPECT_EQ(archive.top_folder(), "a");
  for (const char* name : {"a/0", "b", "c"}) {
    EXPECT_THAT(archive.Read(name), StatusIs(kInvalid, HasSubstr("is compressed")));
  }
  EXPECT_EQ(*archive.Read("d"), "content");
}

struct BadArchive {
  const char* name;
  std::vector<Entry> entries;
  const char* message;
};
void PrintTo(const BadArchive& bad, std::ostream* out) { *out << bad.name; }

class BadArchiveTest : public ::testing::TestWithParam<BadArchive> {};

TEST_P(BadArchiveTest, IsRefused) {
  EXPECT_THAT(ZipArchive::Open(Archive(GetParam().entries)),
              StatusIs(kInvalid, HasSubstr(GetParam().message)));
}

// Numbers of 64 bits: size, stored size, place of the header.
std::string Wide(uint64_t bytes, uint64_t header) {
  return Number(1, 2) + Number(24, 2) + Number(bytes, 8) + Number(bytes, 8) + Number(header, 8);
}

// Another name for the first record.
Entry Again(const std::string& name) {
  return {
      .name = name, .content = "", .bytes = 500, .crc = Crc(std::string(500, 'x')), .header = 0};
}

constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();

INSTANTIATE_TEST_SUITE_P(
    All, BadArchiveTest,
    ::testing::Values(
        BadArchive{"TooLong", {{.bytes = 1000}}, "lies outside of the file"},
        BadArchive{"LongBeyondTheRange",
                   {{.bytes = 0xffffffff, .header = 0xffffffff, .extra = Wide(kEnd, 0)}},
                   "lies outside of the file"},
        BadArchive{"Elsewhere", {{.header = 1}}, "is not where the directory says"},
        BadArchive{"ElsewhereBeyondTheRange",
                   {{.bytes = 0xffffffff, .header = 0xffffffff, .extra = Wide(7, kEnd)}},
                   "is not where the directory says"},
        BadArchive{"OtherChecksum", {{.crc = 1}}, "does not match its checksum"},
        BadArchive{"Twice", {{}, {}}, "is there twice"},
        BadArchive{"Overlapping",
                   {{.content = std::string(500, 'x')}, Again("b"), Again("c"), Again("d")},
                   "overlap"}),
    [](const auto& info) { return info.param.name; });

TEST(ZipArchive, DamageAnywhereIsHarmless) {
  const std::string bytes = Archive({{}, {.name = "b", .content = "more"}});
  for (size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE(ZipArchive::Open(bytes.substr(0, i)).ok());
    for (const char value : {'\0', '\xff'}) {
      std::string damaged = bytes;
      damaged[i] = value;
      const absl::Status status = ZipArchive::Open(damaged).status();
      if (status.ok()) continue;  // the byte counts for nothing
      EXPECT_THAT(status, StatusIs(kInvalid, HasSubstr("archive")));
    }
  }
}

TEST(ZipArchive, ADirectoryThatNeverEndsIsRefused) {
  std::string bytes = Archive({{}});
  for (const size_t field : {12, 14}) {  // the numbers of entries
    bytes.replace(bytes.size() - field, 2, "\xff\xff");
  }
  EXPECT_THAT(ZipArchive::Open(bytes), StatusIs(kInvalid, HasSubstr("directory is damaged")));
}

}  // namespace
}  // namespace advae
