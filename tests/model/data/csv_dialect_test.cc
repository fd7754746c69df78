#include "model/data/csv_dialect.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace advae {
namespace {

struct DialectCase {
  std::string name;
  std::string text;
  CsvDialect dialect;
  CsvDialectOptions options = {};
};
void PrintTo(const DialectCase& c, std::ostream* out) { *out << c.name; }

std::vector<DialectCase> DialectCases() {
  return {
      DialectCase{"Empty", "", {}},
      DialectCase{"Commas", "a,b\n1,2\n", {}},
      DialectCase{"Semicolons", "a;b\n1;2\n", {.delimiter = ';'}},
      DialectCase{"Tabs", "a\tb\r\n1\t2\r\n", {.delimiter = '\t'}},
      DialectCase{"Bars", "a|b\r1|2\r", {.delimiter = '|'}},
      DialectCase{"DecimalCommas", "a;b;c\n1,5;2,25;3\n", {.delimiter = ';'}},
      DialectCase{"DecimalCommasWithoutHeader", "1,5;2,5\n2,5;3,5\n", {.delimiter = ';'}},
      DialectCase{"OneColumnOfDecimalCommas", "value\n1,5\n2,5\n", {.delimiter = ';'}},
      DialectCase{"OneColumnOfPoints", "value\n1.5\n", {}},
      DialectCase{"NoLastLineBreak", "a;b\n1;2", {.delimiter = ';'}},
      DialectCase{"HeaderAlone", "a;b", {.delimiter = ';'}},
      DialectCase{"SemicolonsInTextOfACommaFile", "a;x,b;y,c\n1,2,3\n", {}},
      DialectCase{
          "CommasInTextOfASemicolonFile", "where, when;a;b\nhere, now;1;2\n", {.delimiter = ';'}},
      DialectCase{"DelimitersInQuotes", "\"a;b;c\",d\n\"1;2\",3\n", {}},
      DialectCase{"LineBreakInQuotes", "\"a\nx;y;z\",b\n1,2\n", {}},
      DialectCase{"ByteOrderMark",
                  "\xEF\xBB\xBF"
                  "a;b\n1;2\n",
                  {.delimiter = ';'}},
      DialectCase{"BlankLines", "\n\r\na;b\n\n1;2\n", {.delimiter = ';'}},
      DialectCase{"Comments", "# from, to, at\n#\na;b\n1;2\n", {.delimiter = ';', .comment = '#'}},
      DialectCase{"HashLaterOn", "a,b\n#1,2\n", {}},
      DialectCase{"SeparatorLine",
                  "sep=;\r\na,x;b\r\n1;2\r\n",
                  {.delimiter = ';', .has_separator_line = true}},
      DialectCase{"QuotedSeparatorLine",
                  "\"SEP=|\"\na|b\n1|2\n",
                  {.delimiter = '|', .has_separator_line = true}},
      DialectCase{"SeparatorLineIsOverruled",
                  "sep=;\na,x;b\n1;2\n",
                  {.delimiter = ',', .has_separator_line = true},
                  {.delimiter = ','}},
      DialectCase{"Apostrophes", "a,b\n'x',1\n", {.quote = '\''}},
      DialectCase{"ApostropheInAWord", "a,b\nit's,'1\n", {}},
      DialectCase{"BothQuotes", "a,\"b\"\n'x',1\n", {}},
      DialectCase{"NamedDelimiter", "a;b\n1;2\n", {.delimiter = ':'}, {.delimiter = ':'}},
      DialectCase{"NamedQuote", "a,b\n'x',1\n", {.quote = '"'}, {.quote = '"'}}};
}

std::vector<DialectCase> CasesOfTwoRecords() {
  std::vector<DialectCase> cases = DialectCases();
  std::erase_if(cases, [](const DialectCase& c) { return !IsEnoughForDialect(c.text); });
  return cases;
}

class DetectedDialect : public ::testing::TestWithParam<DialectCase> {};
class DialectOfTwoRecords : public ::testing::TestWithParam<DialectCase> {};

TEST_P(DetectedDialect, IsThatOfTheFile) {
  const CsvDialect found = DetectDialect(GetParam().text, GetParam().options);
  const CsvDialect& expected = GetParam().dialect;
  EXPECT_EQ(found.delimiter, expected.delimiter);
  EXPECT_EQ(found.quote, expected.quote);
  EXPECT_EQ(found.comment, expected.comment);
  EXPECT_EQ(found.has_separator_line, expected.has_separator_line);
}

TEST_P(DialectOfTwoRecords, DoesNotDependOnWhatFollows) {
  const DialectCase& c = GetParam();
  const CsvDialect found = DetectDialect(c.text + "'1';2;3|4\t5\t6\t7\n#,,,,\n", c.options);
  EXPECT_EQ(found.delimiter, c.dialect.delimiter);
  EXPECT_EQ(found.quote, c.dialect.quote);
  EXPECT_EQ(found.comment, c.dialect.comment);
}

INSTANTIATE_TEST_SUITE_P(All, DetectedDialect, ::testing::ValuesIn(DialectCases()),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(All, DialectOfTwoRecords, ::testing::ValuesIn(CasesOfTwoRecords()),
                         [](const auto& info) { return info.param.name; });

TEST(IsEnoughForDialect, WantsTwoRecords) {
  EXPECT_FALSE(IsEnoughForDialect(""));
  EXPECT_FALSE(IsEnoughForDialect("a,b\n"));
  EXPECT_FALSE(IsEnoughForDialect("a,b\n1,2"));
  EXPECT_FALSE(IsEnoughForDialect("#x\n\na,b\n\n"));
  EXPECT_FALSE(IsEnoughForDialect("a,b\n\"1\n2"));
  EXPECT_TRUE(IsEnoughForDialect("a,b\n1,2\n"));
  EXPECT_TRUE(IsEnoughForDialect("sep=,\n#x\na\rb\r"));
}

TEST(IsEnoughForDialect, LimitsWhatItWaitsFor) {
  const std::string wide(kMaxDialectSample, ';');
  EXPECT_FALSE(IsEnoughForDialect(wide.substr(1)));
  EXPECT_TRUE(IsEnoughForDialect(wide));
  EXPECT_EQ(DetectDialect(wide + ";\n", {}).delimiter, ';');
}

}  // namespace
}  // namespace advae
