#include "model/data/csv_reader.h"

#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/block_buffer.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::BlockBuffer;
using ::advae::testing::FailingBuffer;
using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

using Records = std::vector<std::vector<std::string>>;

absl::StatusOr<Records> ReadAll(std::istream& input, const CsvDialect& dialect = {}) {
  CsvReader reader(std::make_unique<StreamSource>(input), dialect);
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
  CsvDialect dialect = {};
};
void PrintTo(const GoodCase& c, std::ostream* out) { *out << c.name; }

class GoodCsv : public ::testing::TestWithParam<GoodCase> {};

TEST_P(GoodCsv, GivesItsRecordsWhateverTheBlocks) {
  for (const size_t block : {1, 2, 3, 5, 7, 1000}) {
    BlockBuffer buffer(GetParam().text, block);
    std::istream input(&buffer);
    ASSERT_OK_AND_ASSIGN(const Records records, ReadAll(input, GetParam().dialect));
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

// What RFC 4180 does not have, read as it looks.
INSTANTIATE_TEST_SUITE_P(
    BeyondRfc4180, GoodCsv,
    ::testing::Values(
        GoodCase{"LinesEndInCr", "a,b\rc,d\r", {{"a", "b"}, {"c", "d"}}},
        GoodCase{"BlankLinesThatEndInCr", "\r\r\na\r\rb\n\rc", {{"a"}, {"b"}, {"c"}}},
        GoodCase{
            "QuoteWithinACell", "a,5\" pipe\nc,d\"e\"\n", {{"a", "5\" pipe"}, {"c", "d\"e\""}}},
        GoodCase{"BlanksAroundQuotes", "a, \"b,c\" \n\t\"d\",e", {{"a", "b,c"}, {"d", "e"}}},
        GoodCase{"TextAfterQuotes", "\"a\"b,c\n\"d\" \"e\"\n", {{"\"a\"b", "c"}, {"\"d\" \"e\""}}},
        GoodCase{"NulBytes",
                 std::string("a,1\0002\n\"\0\"", 9),
                 {{"a", std::string("1\0002", 3)}, {std::string("\0", 1)}}},
        GoodCase{"DosEndOfFile", "a,b\n\x1A", {{"a", "b"}}},
        GoodCase{"DosEndOfFileOnALine", "a,b\r\n\x1A\r\n", {{"a", "b"}}},
        GoodCase{"DosEndOfFileWithinText", "a,\x1A\n\x1A,b\n", {{"a", "\x1A"}, {"\x1A", "b"}}}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Dialects, GoodCsv,
    ::testing::Values(GoodCase{"Semicolons",
                               "a;b,c\n\"d;e\";f\n",
                               {{"a", "b,c"}, {"d;e", "f"}},
                               {.delimiter = ';'}},
                      GoodCase{"Tabs", "a\tb\n \t\n", {{"a", "b"}, {" ", ""}}, {.delimiter = '\t'}},
                      GoodCase{"Apostrophes",
                               "'a,b',\"c\"\n'it''s',d\n",
                               {{"a,b", "\"c\""}, {"it's", "d"}},
                               {.quote = '\''}},
                      GoodCase{"Comments",
                               "# one, \"two\n#\na,b\n#c,d\r\n#N/A,e\nf,#g\n#",
                               {{"a", "b"}, {"#N/A", "e"}, {"f", "#g"}},
                               {.comment = '#'}},
                      GoodCase{"NoComments", "#a,b\n", {{"#a", "b"}}},
                      GoodCase{"SeparatorLine",
                               "sep=;\r\na;b\r\n",
                               {{"a", "b"}},
                               {.delimiter = ';', .has_separator_line = true}},
                      GoodCase{"SeparatorLineAfterByteOrderMark",
                               "\xEF\xBB\xBFsep=,\ra",
                               {{"a"}},
                               {.has_separator_line = true}}),
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
        BadCase{"UnclosedQuote", "a,b\n\"c\nd\ne", "line 2, column 1: double quote without"},
        BadCase{"UnclosedDoubledQuote", "\"a\"\"", "line 1, column 1: double quote without"},
        BadCase{"LoneQuote", "a\n\"", "line 2, column 1: double quote without"},
        BadCase{"LineAfterQuotedLineBreaks", "\"a\n\n\r\r\n\"\n\"b",
                "line 6, column 1: double quote"},
        BadCase{"LineAfterCarriageReturns", "a\rb\r\nc\r\"d", "line 4, column 1: double quote"}),
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

// Gives its blocks one by one, and tells whether there is another one.
class BlockSource : public ByteSource {
 public:
  explicit BlockSource(std::vector<std::string> blocks) : blocks_(std::move(blocks)) {}

  absl::StatusOr<size_t> Read(std::span<char> room) override {
    if (next_ == blocks_.size()) return size_t{0};
    arrived_ = false;
    return blocks_[next_++].copy(room.data(), room.size());
  }
  bool IsReady() override { return arrived_; }
  // The next block arrives.
  void Arrive() { arrived_ = true; }

 private:
  std::vector<std::string> blocks_;
  size_t next_ = 0;
  bool arrived_ = true;
};

TEST(CsvReader, TellsWhetherTheNextRecordIsThere) {
  auto source = std::make_unique<BlockSource>(
      std::vector<std::string>{"a\nb\n\n#x\nc", "\n\"d\n", "e\"\nf", ""});
  BlockSource& blocks = *source;
  CsvReader reader(std::move(source), {.comment = '#'});
  std::vector<std::string> cells;
  const auto next = [&] {
    EXPECT_TRUE(reader.Next(cells).value_or(false));
    return cells.front();
  };
  EXPECT_TRUE(reader.IsReady());
  EXPECT_EQ(next(), "a");
  EXPECT_TRUE(reader.IsReady());
  EXPECT_EQ(next(), "b");
  EXPECT_FALSE(reader.IsReady());  // a blank line, a comment and half a record
  blocks.Arrive();
  EXPECT_TRUE(reader.IsReady());
  EXPECT_EQ(next(), "c");
  EXPECT_FALSE(reader.IsReady());  // a line break in quotes
  blocks.Arrive();
  EXPECT_TRUE(reader.IsReady());
  EXPECT_EQ(next(), "d\ne");
  EXPECT_FALSE(reader.IsReady());
  blocks.Arrive();
  EXPECT_TRUE(reader.IsReady());  // the end of the input
  EXPECT_EQ(next(), "f");
  EXPECT_TRUE(reader.IsReady());
  EXPECT_FALSE(reader.Next(cells).value_or(true));
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
