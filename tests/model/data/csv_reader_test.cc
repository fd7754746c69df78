#include "model/data/csv_reader.h"

#include <algorithm>
#include <sstream>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

using Records = std::vector<std::vector<std::string>>;

// Hands out its text in blocks of the given size, as a pipe or a socket might.
class BlockBuffer : public std::streambuf {
 public:
  BlockBuffer(std::string text, size_t block) : text_(std::move(text)), block_(block) {}

 protected:
  int_type underflow() override {
    if (next_ == text_.size()) return traits_type::eof();
    const size_t size = std::min(block_, text_.size() - next_);
    setg(text_.data() + next_, text_.data() + next_, text_.data() + next_ + size);
    next_ += size;
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string text_;
  size_t block_;
  size_t next_ = 0;
};

// Hands out its text and then fails, as a disk might.
class FailingBuffer : public BlockBuffer {
 public:
  using BlockBuffer::BlockBuffer;

 protected:
  int_type underflow() override {
    const int_type c = BlockBuffer::underflow();
    if (c == traits_type::eof()) throw std::ios_base::failure("disk failure");
    return c;
  }
};

absl::StatusOr<Records> ReadAll(std::istream& input) {
  CsvReader reader(input);
  Records records;
  std::vector<std::string> cells;
  for (;;) {
    const absl::StatusOr<bool> found = reader.Next(cells);
    if (!found.ok()) return found.status();
    if (!*found) return records;
    records.push_back(cells);
  }
}

absl::StatusOr<Records> ReadAll(const std::string& text) {
  std::istringstream input(text);
  return ReadAll(input);
}

struct GoodCase {
  std::string name;
  std::string text;
  Records records;
};
void PrintTo(const GoodCase& c, std::ostream* out) { *out << c.name; }

class GoodCsv : public ::testing::TestWithParam<GoodCase> {};

TEST_P(GoodCsv, GivesItsRecordsWhateverTheBlocks) {
  for (const size_t block : {1, 2, 3, 5, 7, 1000}) {
    BlockBuffer buffer(GetParam().text, block);
    std::istream input(&buffer);
    ASSERT_OK_AND_ASSIGN(const Records records, ReadAll(input));
    EXPECT_EQ(records, GetParam().records) << "blocks of " << block << " bytes";
  }
}

// The numbered rules are those of RFC 4180, section 2.
INSTANTIATE_TEST_SUITE_P(
    Rfc4180, GoodCsv,
    ::testing::Values(GoodCase{"Empty", "", {}}, GoodCase{"OneCell", "a", {{"a"}}},
                      GoodCase{"Rule1LinesEndInCrLf", "a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
                      GoodCase{"LinesEndInLf", "a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
                      GoodCase{"MixedLineBreaks", "a\r\nb\nc\r\n", {{"a"}, {"b"}, {"c"}}},
                      GoodCase{"Rule2NoLastLineBreak", "a,b\r\nc,d", {{"a", "b"}, {"c", "d"}}},
                      GoodCase{"Rule4SpacesBelongToCells", " a , b\n", {{" a ", " b"}}},
                      GoodCase{"Rule4RecordsMayDiffer", "a,b\nc\n", {{"a", "b"}, {"c"}}},
                      GoodCase{"EmptyCells", ",a,,\n", {{"", "a", "", ""}}},
                      GoodCase{"OnlyAComma", ",", {{"", ""}}},
                      GoodCase{"Rule5Quotes", "\"a\",\"b\"\r\n\"c\",d", {{"a", "b"}, {"c", "d"}}},
                      GoodCase{"EmptyQuotes", "\"\"\n\"\",\"\"", {{""}, {"", ""}}},
                      GoodCase{"Rule6QuotedCommas", "\"a,b\",c\n", {{"a,b", "c"}}},
                      GoodCase{
                          "Rule6QuotedLineBreaks", "\"a\nb\",\"c\r\nd\"\n", {{"a\nb", "c\r\nd"}}},
                      GoodCase{"Rule6QuotedCarriageReturn", "\"a\rb\"\n", {{"a\rb"}}},
                      GoodCase{"Rule7DoubledQuotes", "\"a\"\"b\",\"\"\"\"\n", {{"a\"b", "\""}}},
                      GoodCase{"ByteOrderMark",
                               "\xEF\xBB\xBF"
                               "a,b\n",
                               {{"a", "b"}}},
                      GoodCase{"ByteOrderMarkBeforeQuote", "\xEF\xBB\xBF\"a\"\n", {{"a"}}},
                      GoodCase{"OnlyByteOrderMark", "\xEF\xBB\xBF", {}},
                      GoodCase{"HalfByteOrderMark",
                               "\xEF\xBB"
                               "a",
                               {{"\xEF\xBB"
                                 "a"}}},
                      GoodCase{"ByteOrderMarkLaterOn",
                               "a\n\xEF\xBB\xBF"
                               "b",
                               {{"a"},
                                {"\xEF\xBB\xBF"
                                 "b"}}},
                      GoodCase{"BlankLines", "\n\r\na\n\n\r\nb\n\n", {{"a"}, {"b"}}},
                      GoodCase{"OnlyBlankLines", "\n\r\n\n", {}},
                      GoodCase{"Utf8", "\xC3\xA4,\xE2\x82\xAC\n", {{"\xC3\xA4", "\xE2\x82\xAC"}}}),
    [](const auto& info) { return info.param.name; });

struct BadCase {
  std::string name;
  std::string text;
  std::string message;
};
void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

class BadCsv : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadCsv, IsRefusedWithLineAndColumn) {
  for (const size_t block : {1, 2, 1000}) {
    BlockBuffer buffer(GetParam().text, block);
    std::istream input(&buffer);
    EXPECT_THAT(ReadAll(input),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCsv,
    ::testing::Values(
        BadCase{"StrayQuote", "a,b\nc,d\"e\"\n", "line 2, column 2: stray double quote"},
        BadCase{"SpaceBeforeQuote", "a, \"b\"\n", "line 1, column 2: stray double quote"},
        BadCase{"TextAfterQuote", "\"a\"b,c\n", "line 1, column 1: text after the closing"},
        BadCase{"SpaceAfterQuote", "a\nb,\"c\" \n", "line 2, column 2: text after the closing"},
        BadCase{"UnclosedQuote", "a,b\n\"c\nd\ne", "line 2, column 1: double quote without"},
        BadCase{"UnclosedDoubledQuote", "\"a\"\"", "line 1, column 1: double quote without"},
        BadCase{"LoneQuote", "a\n\"", "line 2, column 1: double quote without"},
        BadCase{"CarriageReturnAlone", "a\rb\n", "line 1, column 1: carriage return"},
        BadCase{"CarriageReturnAtEnd", "a,b\r", "line 1, column 2: carriage return"},
        BadCase{"CarriageReturnOnBlankLine", "\r\r\n", "line 1, column 1: carriage return"},
        BadCase{"NulByte", std::string("a,b\n1,\0002", 9), "line 2, column 2: NUL byte"},
        BadCase{"QuotedNulByte", std::string("\"a\n\0\"", 5), "line 2, column 1: NUL byte"},
        BadCase{"LineAfterQuotedLineBreaks", "\"a\n\n\"\nb\"", "line 4, column 1: stray"}),
    [](const auto& info) { return info.param.name; });

TEST(CsvReader, CountsLinesWhereRecordsStart) {
  std::istringstream input("a\n\n\"b\nb\",b\r\n\r\nc");
  CsvReader reader(input);
  std::vector<std::string> cells;
  for (const size_t line : {1, 3, 6}) {
    ASSERT_OK_AND_ASSIGN(const bool found, reader.Next(cells));
    ASSERT_TRUE(found);
    EXPECT_EQ(reader.line(), line);
  }
}

TEST(CsvReader, KeepsSayingThatTheInputHasEnded) {
  std::istringstream input("a\n");
  CsvReader reader(input);
  std::vector<std::string> cells;
  ASSERT_OK_AND_ASSIGN(const bool first, reader.Next(cells));
  EXPECT_TRUE(first);
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK_AND_ASSIGN(const bool more, reader.Next(cells));
    EXPECT_FALSE(more);
  }
}

TEST(CsvReader, NeedsNoMoreInputThanTheRecord) {
  // A buffer that would throw when asked for more than the first line.
  FailingBuffer buffer("a,b\n", 4);
  std::istream input(&buffer);
  CsvReader reader(input);
  std::vector<std::string> cells;
  ASSERT_OK_AND_ASSIGN(const bool found, reader.Next(cells));
  EXPECT_TRUE(found);
  EXPECT_EQ(cells, (std::vector<std::string>{"a", "b"}));
}

TEST(CsvReader, ReportsAFailingStream) {
  for (const char* const text : {"abcd", "a\n\"b", "a\n", "abc\n\"b\""}) {
    FailingBuffer buffer(text, 3);
    std::istream input(&buffer);
    EXPECT_THAT(ReadAll(input), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("cannot be read")))
        << text;
  }
}

TEST(CsvReader, LimitsTheBytesOfARecord) {
  const std::string longest(CsvReader::kMaxRecordBytes, 'x');
  EXPECT_THAT(ReadAll(longest), IsOk());
  for (const std::string& text : {"a\n" + longest + "x", "a\n\"" + longest + "x\"",
                                  "a\nx," + longest, "a\n\"" + longest + "\",\"\"\"\""}) {
    EXPECT_THAT(ReadAll(text), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("a record is longer than 67108864 bytes")));
  }
}

TEST(CsvReader, LimitsTheColumnsOfARecord) {
  EXPECT_THAT(ReadAll(std::string(CsvReader::kMaxColumns - 1, ',')), IsOk());
  EXPECT_THAT(ReadAll(std::string(CsvReader::kMaxColumns, ',')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("more than 1048576 columns")));
}

TEST(CsvReader, RecordsLongerThanABlockSurvive) {
  Records expected;
  std::string text;
  for (const size_t size : {65535, 65536, 65537, 200000}) {
    expected.push_back({std::string(size, 'a'), "b\"\n" + std::string(size, 'c')});
    text += expected.back()[0] + ",\"b\"\"\n" + std::string(size, 'c') + "\"\r\n";
  }
  ASSERT_OK_AND_ASSIGN(const Records records, ReadAll(text));
  EXPECT_EQ(records, expected);
}

}  // namespace
}  // namespace advae
