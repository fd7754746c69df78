#include "model/data/number_parser.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace advae {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Cell {
  std::string text;
  float value;
};

class NumberCell : public ::testing::TestWithParam<Cell> {};

TEST_P(NumberCell, IsRead) {
  EXPECT_EQ(NumberParser({}).Parse(GetParam().text), GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, NumberCell,
    ::testing::Values(Cell{"1", 1}, Cell{"-2.5e-3", -2.5e-3f}, Cell{"+7", 7}, Cell{" 1E2\t", 100},
                      Cell{".5", .5f}, Cell{"5.", 5}, Cell{"-0", 0}, Cell{"1.2E+01", 12},
                      Cell{"1e-40", 1e-40f}, Cell{"1e-400", 0}, Cell{"\u00A01.5\u202F", 1.5f},
                      Cell{"\u22121.5", -1.5f}, Cell{"1e39", kInfinity}, Cell{"-1e400", -kInfinity},
                      Cell{"inf", kInfinity}, Cell{"-Infinity", -kInfinity},
                      Cell{"1234,5", 1234.5f}, Cell{"0,5", .5f}, Cell{"-1,2345", -1.2345f},
                      Cell{"0,125", .125f}, Cell{"1,2e1", 12}));

TEST(NumberParser, KnowsMissingCells) {
  NumberParser numbers({});
  for (const char* const cell :
       {"",     " ",    "\t",  "NA",  "na",  "N/A", "?",    "-",    " - ", "null",
        "NULL", "None", "nil", "NaN", "nan", "NaT", "#N/A", "<NA>", "\\N", "\u00A0"}) {
    EXPECT_TRUE(std::isnan(numbers.Parse(cell).value_or(0))) << cell;
  }
  for (const char* const cell : {"N", "A", "--", "no", "nulls", "?x", "x", "nan(1)", "-nan(ind)",
                                 "NaN()", "nans", "infinit", "inf(1)"}) {
    EXPECT_FALSE(numbers.Parse(cell)) << cell;
    EXPECT_FALSE(NumberParser({.decimal_mark = DecimalMark::kPoint}).Parse(cell)) << cell;
  }
}

TEST(NumberParser, TakesFurtherMarksOfMissingCells) {
  NumberParser numbers({.missing = {"-999", "k. A.", " off ", "-nan(ind)"}});
  for (const char* const cell : {"-999", "-999.0", "k. a.", "OFF", "-nan(ind)", "NA", ""}) {
    EXPECT_TRUE(std::isnan(numbers.Parse(cell).value_or(0))) << cell;
  }
  EXPECT_EQ(numbers.Parse("999"), 999);
  EXPECT_EQ(numbers.Parse("-999.5"), -999.5f);
}

TEST(IsUsualMissingMark, IsOfTextsWithoutBlanks) {
  for (const char* const text : {"", "NA", "None", "\\N", "?"}) {
    EXPECT_TRUE(IsUsualMissingMark(text)) << text;
  }
  for (const char* const text : {" ", "NA ", "0", "nothing"}) {
    EXPECT_FALSE(IsUsualMissingMark(text)) << text;
  }
}

TEST(MissingMarks, AreTextsAndNumbers) {
  EXPECT_TRUE(MissingMarks().empty());
  const MissingMarks marks(std::vector<std::string>{" Unknown", "-999.9"});
  EXPECT_FALSE(marks.empty());
  for (const char* const text : {"unknown", "UNKNOWN ", "-999.9"}) {
    EXPECT_TRUE(marks.HasText(text)) << text;
  }
  for (const char* const text : {"", "NA", "unknowns", "-999.90"}) {
    EXPECT_FALSE(marks.HasText(text)) << text;
  }
  EXPECT_TRUE(marks.has_numbers());
  EXPECT_TRUE(marks.HasNumber(-999.9));
  EXPECT_TRUE(marks.HasNumber(-999.9F));  // which is another number
  EXPECT_FALSE(marks.HasNumber(static_cast<double>(-999.9F)));
  EXPECT_FALSE(marks.HasNumber(std::nan("")));
  EXPECT_FALSE(MissingMarks(std::vector<std::string>{"x", "nan"}).HasNumber(std::nan("")));
}

struct GroupedCell {
  std::string text;
  std::optional<DecimalMark> mark;
  double value;
};

class NumberWithThousands : public ::testing::TestWithParam<GroupedCell> {};

TEST_P(NumberWithThousands, IsReadByTheDecimalMark) {
  NumberParser numbers({.decimal_mark = GetParam().mark});
  EXPECT_EQ(numbers.ParseDouble(GetParam().text), GetParam().value) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    All, NumberWithThousands,
    ::testing::Values(GroupedCell{"1,234.5", DecimalMark::kPoint, 1234.5},
                      GroupedCell{"1,234", DecimalMark::kPoint, 1234},
                      GroupedCell{"1,234,567.8", DecimalMark::kPoint, 1234567.8},
                      GroupedCell{"1 234.5", DecimalMark::kPoint, 1234.5},
                      GroupedCell{"1\u00A0234\u00A0567", DecimalMark::kPoint, 1234567},
                      GroupedCell{"-1'234", DecimalMark::kPoint, -1234},
                      GroupedCell{"1\u2019234.5", DecimalMark::kPoint, 1234.5},
                      GroupedCell{"5.012", DecimalMark::kPoint, 5.012},
                      GroupedCell{"5.012", DecimalMark::kComma, 5012},
                      GroupedCell{"1,234", DecimalMark::kComma, 1.234},
                      GroupedCell{"1.234.567,8", DecimalMark::kComma, 1234567.8},
                      GroupedCell{"\u22121.234,5", DecimalMark::kComma, -1234.5},
                      GroupedCell{"1 234,5", DecimalMark::kComma, 1234.5},
                      // What shows its mark, as the first number of a table.
                      GroupedCell{"1.234.567,8", std::nullopt, 1234567.8},
                      GroupedCell{"1,234,567.8", std::nullopt, 1234567.8},
                      GroupedCell{"1.234.567", std::nullopt, 1234567},
                      GroupedCell{"1 234", std::nullopt, 1234}));

TEST(NumberParser, TakesGroupsOfThreeDigitsAlone) {
  for (const DecimalMark mark : {DecimalMark::kPoint, DecimalMark::kComma}) {
    for (const char* const cell :
         {"1,23,456", "12.34.567", "1234,567.8.9", "1,234.567.8", "1.234 567", "0,123,456", "1 23",
          "1,,234", ",123,456", "192.168.100.200"}) {
      EXPECT_FALSE(NumberParser({.decimal_mark = mark}).Parse(cell)) << cell;
    }
  }
  EXPECT_FALSE(NumberParser({.decimal_mark = DecimalMark::kComma}).Parse("0.123"));
  EXPECT_FALSE(NumberParser({.decimal_mark = DecimalMark::kPoint}).Parse("1 234,5"));
}

TEST(NumberParser, ReadsWhatIsAmbiguousByTheUsualMark) {
  NumberParser comma({.usual_mark = DecimalMark::kComma});
  EXPECT_EQ(comma.Parse("5.012"), 5012);
  EXPECT_EQ(comma.decimal_mark(), DecimalMark::kComma);
  NumberParser point({.comma_is_likely = true, .usual_mark = DecimalMark::kPoint});
  EXPECT_EQ(point.Parse("1,234"), 1234);
  EXPECT_EQ(point.decimal_mark(), DecimalMark::kPoint);
  // What shows another mark counts.
  NumberParser other({.usual_mark = DecimalMark::kComma});
  EXPECT_EQ(other.Parse("5.01"), 5.01F);
  EXPECT_EQ(other.Parse("5.012"), 5.012F);
}

TEST(ShownDecimalMark, IsThatOfNumbersThatCanBeReadInOneWay) {
  for (const char* const cell :
       {"1.5", "0.123", "1234.567", "1,234.5", "1,234,567", "1 234.5", ".5"}) {
    EXPECT_EQ(ShownDecimalMark(cell), DecimalMark::kPoint) << cell;
  }
  for (const char* const cell : {"1,5", "-0,123", "1.234,5", "1.234.567", "1 234,5"}) {
    EXPECT_EQ(ShownDecimalMark(cell), DecimalMark::kComma) << cell;
  }
  for (const char* const cell : {"", "12", "1.234", "1,234", "1 234", "a.b", "1.2.3", "28.12.2026",
                                 "192.168.100.200", "10.1.2.3", "inf"}) {
    EXPECT_FALSE(ShownDecimalMark(cell)) << cell;
  }
}

TEST(MayHaveThousands, IsOfOneMarkBeforeThreeDigits) {
  for (const char* const cell : {"1,234", "1.234", "-12.345", " 999,000 "}) {
    EXPECT_TRUE(MayHaveThousands(cell)) << cell;
  }
  for (const char* const cell : {"0.123", "1234.567", "1.23", "1,234,567", "1 234", "1.234,5"}) {
    EXPECT_FALSE(MayHaveThousands(cell)) << cell;
  }
}

TEST(UnitOf, IsWhatFollowsANumber) {
  const auto expect = [](const char* cell, const char* unit) {
    EXPECT_EQ(UnitOf(cell), unit) << cell;
  };
  expect("50.6 C", "C");
  expect("12ms", "ms");
  expect("-3,5 m/s", "m/s");
  expect("45%", "%");
  expect("20 \u00B0C", "\u00B0C");
  for (const char* const cell :
       {"", "12", "C", "50.6", "5 of 6", "2026-01-02", "14:05", "12 a very long text"}) {
    expect(cell, "");
  }
}

TEST(NumberParser, LearnsTheDecimalMark) {
  NumberParser comma({});
  EXPECT_EQ(comma.Parse("3"), 3);
  EXPECT_FALSE(comma.decimal_mark());
  EXPECT_EQ(comma.Parse("1,25"), 1.25f);
  EXPECT_EQ(comma.decimal_mark(), DecimalMark::kComma);
  EXPECT_EQ(comma.Parse("1,234"), 1.234f);
  EXPECT_FALSE(comma.Parse("1.25"));
  EXPECT_EQ(comma.Describe("1.25"),
            "it is written with a decimal point; expected a decimal comma, as other numbers of the "
            "file have");

  NumberParser point({});
  EXPECT_EQ(point.Parse("1.25"), 1.25f);
  EXPECT_EQ(point.decimal_mark(), DecimalMark::kPoint);
  EXPECT_FALSE(point.Parse("1,25"));
  EXPECT_EQ(point.Describe("1,25"),
            "it is written with a decimal comma; expected a decimal point, as other numbers of the "
            "file have");
}

TEST(NumberParser, TextTeachesNothing) {
  NumberParser numbers({});
  for (const char* const cell : {"v1.2", "1.2.3", "1,2,3", "a,b", "1,5kg", "1.5kg"}) {
    EXPECT_FALSE(numbers.Parse(cell)) << cell;
  }
  EXPECT_FALSE(numbers.decimal_mark());
}

TEST(NumberParser, DoesNotGuessWhetherACommaIsDecimal) {
  for (const char* const cell : {"1,234", "-12,345", "999,000"}) {
    NumberParser numbers({});
    EXPECT_FALSE(numbers.Parse(cell)) << cell;
    EXPECT_EQ(numbers.Describe(cell),
              "it may have a decimal comma or thousands separators; say --decimal=comma or "
              "--decimal=point");
    EXPECT_TRUE(NumberParser({.comma_is_likely = true}).Parse(cell)) << cell;
    EXPECT_TRUE(NumberParser({.decimal_mark = DecimalMark::kComma}).Parse(cell)) << cell;
    EXPECT_TRUE(NumberParser({.decimal_mark = DecimalMark::kPoint}).Parse(cell)) << cell;
  }
}

struct Description {
  std::string cell;
  std::string text;
};

class NoNumber : public ::testing::TestWithParam<Description> {};

TEST_P(NoNumber, IsDescribed) {
  NumberParser numbers({.decimal_mark = DecimalMark::kPoint});
  EXPECT_FALSE(numbers.Parse(GetParam().cell)) << GetParam().cell;
  EXPECT_EQ(numbers.Describe(GetParam().cell), GetParam().text) << GetParam().cell;
}

constexpr char kComma[] =
    "it is written with a decimal comma; expected a decimal point, as other numbers of the file "
    "have";
constexpr char kPercentage[] = "a percentage; expected the number alone";
constexpr char kMoney[] = "an amount of money; expected the number alone";
constexpr char kHexadecimal[] = "hexadecimal; expected a decimal number";
constexpr char kTruth[] = "a truth value; expected 1 or 0";
constexpr char kDate[] = "a date or time";
constexpr char kText[] = "there is text after the number; expected the number alone";

INSTANTIATE_TEST_SUITE_P(
    All, NoNumber,
    ::testing::Values(Description{"1,5", kComma}, Description{"1.234.567,8", kComma},
                      Description{"12%", kPercentage}, Description{"0.5 %", kPercentage},
                      Description{"$1.50", kMoney}, Description{"-$3", kMoney},
                      Description{"1.50 \u20AC", kMoney}, Description{"12 USD", kMoney},
                      Description{"0x1F", kHexadecimal}, Description{"-0Xff", kHexadecimal},
                      Description{"TRUE", kTruth}, Description{"no", kTruth},
                      Description{"2026-01-02", kDate}, Description{"2026-01-02T03:04:05Z", kDate},
                      Description{"02.01.2026 3:04", kDate}, Description{"1/2/2026", kDate},
                      Description{"12:30", kDate}, Description{"1.5f", kText},
                      Description{"1.5d", kText}, Description{"5 kg", kText},
                      Description{"open", ""}, Description{"+", ""}, Description{"+-1", ""},
                      Description{"1,2,3", ""}, Description{"0x", kText}));

TEST(IsDateOrTime, IsNoNumberOrVersion) {
  for (const char* const cell :
       {"", "1", "1.5", "1/2", "2026-01", "192.168.0.1", "1.2.3x", "a:b"}) {
    EXPECT_FALSE(IsDateOrTime(cell)) << cell;
  }
}

TEST(WithoutBlanks, TakesOffAllKinds) {
  EXPECT_EQ(WithoutBlanks(" \t\r\n\u00A0a b\u2009 \uFEFF"), "a b");
  EXPECT_EQ(WithoutBlanks("\u00A0"), "");
  EXPECT_EQ(WithoutBlanks("\u00E4"), "\u00E4");
  EXPECT_EQ(WithoutBlanks("\xA0x"), "\xA0x");
}

}  // namespace
}  // namespace advae
