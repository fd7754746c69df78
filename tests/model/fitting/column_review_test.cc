#include "model/fitting/column_review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "model/data/data_set.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

MATCHER_P3(Is, column, problem, detail, "") {
  *result_listener << "column " << arg.column << ", problem " << static_cast<int>(arg.problem)
                   << ", " << arg.detail;
  return arg.column == static_cast<size_t>(column) && arg.problem == problem &&
         arg.detail == detail;
}

std::vector<ColumnFinding> Review(std::vector<float> column) {
  const Matrix rows{.values = std::move(column), .columns = 1};
  return ReviewColumns(rows.view());
}

// Values of a normal distribution, as doubles before they become floats.
std::vector<float> Normal(size_t count, double mean, double deviation) {
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(normal(random));
  return values;
}

std::vector<float> Shuffled(std::vector<float> values) {
  std::ranges::shuffle(values, std::mt19937_64(2));
  return values;
}

TEST(ReviewColumns, FindsNothingInOrdinaryColumns) {
  for (const size_t count : {2, 19, 20, 240, 5000}) {
    EXPECT_THAT(Review(Normal(count, 5, 0.3)), IsEmpty()) << count;
    EXPECT_THAT(Review(Normal(count, 1e6, 1e4)), IsEmpty()) << count;
    EXPECT_THAT(Review(Normal(count, 0, 1e-30)), IsEmpty()) << count;
  }
  EXPECT_THAT(ReviewColumns({.values = nullptr, .rows = 0, .columns = 3}), IsEmpty());
}

TEST(ReviewColumns, NoVariation) {
  EXPECT_THAT(Review({5, 5, 5}), ElementsAre(Is(0, ColumnProblem::kNoVariation, "always 5")));
  EXPECT_THAT(Review({0, -0.0F}), ElementsAre(Is(0, ColumnProblem::kNoVariation, "always 0")));
  EXPECT_THAT(Review({7.25}), ElementsAre(Is(0, ColumnProblem::kNoVariation, "always 7.25")));
  EXPECT_THAT(Review({5, 5, std::nextafter(5.0F, 6.0F)}), IsEmpty());
}

// Values that differ in their file may be one value as floats.
TEST(ReviewColumns, NoVariationThatFloatsCouldKeep) {
  const auto day = static_cast<float>(1700000000.1);
  EXPECT_THAT(
      Review({day, static_cast<float>(1700000001.2), static_cast<float>(1700000002.3)}),
      ElementsAre(Is(0, ColumnProblem::kNoVariation, "always 1.7e+09, to the nearest 128")));
}

TEST(ReviewColumns, FewDigits) {
  // Floats near 10000 are 2^-10 apart.
  const auto far_off = ElementsAre(
      AllOf(::testing::Field(&ColumnFinding::problem, ColumnProblem::kFewDigits),
            ::testing::Field(&ColumnFinding::detail, StartsWith("steps of 0.0009765625 in a "))));
  EXPECT_THAT(Review(Normal(240, 10000, 0.01)), far_off);
  EXPECT_THAT(Review(Normal(240, -10000, 0.01)), far_off);
  EXPECT_THAT(Review(Normal(240, 10000, 0.1)), far_off);
  EXPECT_THAT(Review(Normal(240, 10000, 3)), IsEmpty());
  // A far value changes neither the range that counts nor the precision there.
  std::vector<float> values = Normal(240, 0, 1);
  values[7] = 1e9F;
  EXPECT_THAT(Review(values),
              ElementsAre(Is(0, ColumnProblem::kFewValues, "1e+09 in 1 of 240 rows")));
}

TEST(ReviewColumns, MinutesOfAYearAreFewDigitsAndGrow) {
  std::vector<float> minutes;
  for (int i = 0; i < 20000; ++i) minutes.push_back(static_cast<float>(1.7e9 + 60 * i));
  EXPECT_THAT(Review(minutes),
              ElementsAre(::testing::Field(&ColumnFinding::problem, ColumnProblem::kFewDigits),
                          ::testing::Field(&ColumnFinding::problem, ColumnProblem::kOneDirection)));
  EXPECT_THAT(Review(Shuffled(minutes)), SizeIs(1));
}

TEST(ReviewColumns, WholeAndDecimalNumbersKeepTheirDigits) {
  std::mt19937_64 random(1);
  std::vector<float> whole;
  std::vector<float> cents;
  std::vector<float> two;
  for (int i = 0; i < 300; ++i) {
    whole.push_back(static_cast<float>(5'000'000 + random() % 100));
    cents.push_back(static_cast<float>(1000 + 0.01 * static_cast<double>(random() % 20)));
    two.push_back(random() % 2 == 0 ? 1e6F : 1e6F + 1);
  }
  EXPECT_THAT(Review(whole), IsEmpty());
  EXPECT_THAT(Review(cents), IsEmpty());
  EXPECT_THAT(Review(two), IsEmpty());
}

TEST(ReviewColumns, AFewValuesRule) {
  std::vector<float> values = Normal(240, 5, 0.3);
  values[100] = -9999;
  EXPECT_THAT(Review(values),
              ElementsAre(Is(0, ColumnProblem::kFewValues, "-9999 in 1 of 240 rows")));
  values[200] = 99999;
  EXPECT_THAT(Review(values),
              ElementsAre(Is(0, ColumnProblem::kFewValues, "2 of 240 values, such as 99999")));
  values = Normal(240, 5, 0.3);
  std::fill_n(values.begin(), 12, -999.0F);  // 5 %
  EXPECT_THAT(Review(values),
              ElementsAre(Is(0, ColumnProblem::kFewValues, "12 of 240 values, such as -999")));
  values[12] = -999;
  EXPECT_THAT(Review(values), IsEmpty());  // too many to be few
}

TEST(ReviewColumns, TheGapIsTenTimesTheReachOfTheOthers) {
  std::vector<float> values;
  for (int i = 0; i <= 100; ++i) values.push_back(static_cast<float>(i));
  values = Shuffled(values);
  values.push_back(0);
  // The median of the 102 values is 51, which is 49 away from the 100 before the gap.
  values.back() = 100 + 10 * 49 - 1;
  EXPECT_THAT(Review(values), IsEmpty());
  values.back() = 100 + 10 * 49;
  EXPECT_THAT(Review(values), SizeIs(1));
  for (float& value : values) value = -value;  // the median is -50 now
  EXPECT_THAT(Review(values), IsEmpty());
  values.back() = -100 - 10 * 50;
  EXPECT_THAT(Review(values), SizeIs(1));
}

TEST(ReviewColumns, HeavyTailsDoNotRule) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> wide(0, 2);
  std::exponential_distribution<double> exponential(1);
  std::vector<float> incomes;
  std::vector<float> waits;
  for (int i = 0; i < 5000; ++i) {
    incomes.push_back(static_cast<float>(wide(random)));
    waits.push_back(static_cast<float>(exponential(random)));
  }
  EXPECT_THAT(Review(incomes), IsEmpty());
  EXPECT_THAT(Review(waits), IsEmpty());
}

TEST(ReviewColumns, FlagsGradesAndMostlyZerosAreOrdinary) {
  for (const int ones : {1, 2, 5, 12, 100, 200, 228, 239}) {
    std::vector<float> flags(240, 0);
    std::fill_n(flags.begin(), ones, 1.0F);
    EXPECT_THAT(Review(Shuffled(flags)), IsEmpty()) << ones;
    std::vector<float> amounts(240, 0);
    for (int i = 0; i < ones; ++i) amounts[static_cast<size_t>(i)] = static_cast<float>(i * i);
    EXPECT_THAT(Review(Shuffled(amounts)), SizeIs(ones == 1 ? 1 : 0)) << ones;
  }
  std::vector<float> grades;
  for (int i = 0; i < 240; ++i) grades.push_back(static_cast<float>(1 + i * i % 6));
  EXPECT_THAT(Review(grades), IsEmpty());
}

TEST(ReviewColumns, OneDirection) {
  std::vector<float> time;
  for (int i = 0; i < 400; ++i) time.push_back(static_cast<float>(60 * i));
  EXPECT_THAT(Review(time), ElementsAre(Is(0, ColumnProblem::kOneDirection, "from 0 to 23940")));
  std::vector<float> falling = time;
  std::ranges::reverse(falling);
  EXPECT_THAT(Review(falling), ElementsAre(Is(0, ColumnProblem::kOneDirection, "from 23940 to 0")));
  EXPECT_THAT(Review(Shuffled(time)), IsEmpty());
  for (size_t i = 1; i < 39; ++i) time[10 * i] = time[10 * i - 1];  // a counter that rests
  EXPECT_THAT(Review(time), SizeIs(1));
  for (size_t i = 1; i < 39; ++i) time[10 * i + 5] = time[10 * i + 4];
  EXPECT_THAT(Review(time), IsEmpty());  // as if it had been sorted
  time[200] = 0;
  EXPECT_THAT(Review(time), IsEmpty());
  EXPECT_THAT(Review({1, 2, 3, 4, 5}), IsEmpty());  // too few to tell
}

TEST(ReviewColumns, ExtremeFloats) {
  constexpr float kMax = std::numeric_limits<float>::max();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  std::vector<float> values;
  for (int i = 0; i < 40; ++i) values.push_back(i % 2 == 0 ? kMax : -kMax);
  EXPECT_THAT(Review(values), IsEmpty());
  for (int i = 0; i < 40; ++i) values[static_cast<size_t>(i)] = static_cast<float>(i % 3) * kTiny;
  EXPECT_THAT(Review(values),
              ElementsAre(::testing::Field(&ColumnFinding::problem, ColumnProblem::kFewDigits)));
}

TEST(ReviewColumns, NamesEachColumnByItsPlace) {
  const std::vector<float> fine = Normal(40, 0, 1);
  Matrix rows{.values = {}, .columns = 3};
  for (int i = 0; i < 40; ++i) {
    rows.values.insert(rows.values.end(), {static_cast<float>(i), fine[static_cast<size_t>(i)], 2});
  }
  EXPECT_THAT(ReviewColumns(rows.view()),
              ElementsAre(Is(0, ColumnProblem::kOneDirection, "from 0 to 39"),
                          Is(2, ColumnProblem::kNoVariation, "always 2")));
}

TEST(ColumnWarnings, OneForEachProblem) {
  EXPECT_THAT(ColumnWarnings({}, {"a"}), IsEmpty());
  EXPECT_THAT(ColumnWarnings({{0, ColumnProblem::kOneDirection, "from 1 to 9"},
                              {1, ColumnProblem::kNoVariation, "always 5"},
                              {1, ColumnProblem::kFewValues, "-9999 in 1 of 240 rows"}},
                             {"time", "door"}),
              ElementsAre(StartsWith("columns without variation: \"door\" (always 5); "),
                          StartsWith("columns ruled by a few values: \"door\" (-9999 in 1 of"),
                          StartsWith("columns that only grow or only fall from row to row: "
                                     "\"time\" (from 1 to 9); ")));
}

TEST(ColumnWarnings, NamesThreeAndCountsTheOthers) {
  std::vector<ColumnFinding> findings;
  std::vector<std::string> names;
  for (size_t j = 0; j < 12; ++j) {
    findings.push_back({j, ColumnProblem::kFewDigits, "d"});
    names.push_back("x" + std::to_string(j));
    if (j == 2) {
      EXPECT_THAT(ColumnWarnings(findings, names),
                  ElementsAre(HasSubstr("\"x0\" (d), \"x1\" (d), \"x2\" (d); ")));
    }
  }
  EXPECT_THAT(ColumnWarnings(findings, names),
              ElementsAre(HasSubstr("\"x0\" (d), \"x1\" (d), \"x2\" (d) and 9 more; ")));
}

TEST(ColumnWarnings, NamesStayReadable) {
  EXPECT_THAT(
      ColumnWarnings({{0, ColumnProblem::kNoVariation, "always 5"}}, {"Temp\u00e9rature, \"T\"\n"}),
      ElementsAre(HasSubstr("\"Temp\u00e9rature, \\\"T\\\"\\n\" (always 5)")));
}

struct PublicSet {
  const char* name;
  std::vector<std::string> warnings;  // how they start
};

void PrintTo(const PublicSet& set, std::ostream* out) { *out << set.name; }

class PublicSetsTest : public ::testing::TestWithParam<PublicSet> {};

// Few columns of public tables are called bad, and those are.
TEST_P(PublicSetsTest, Warnings) {
  ADVAE_SKIP_WITHOUT_REFERENCE_DATA();
  ASSERT_OK_AND_ASSIGN(const DataSet data,
                       ReadDataSet(*testing::ReferenceData() / GetParam().name,
                                   {.label_column = "label", .label_optional = true}));
  std::vector<::testing::Matcher<std::string>> expected;
  for (const std::string& start : GetParam().warnings) expected.push_back(StartsWith(start));
  EXPECT_THAT(ColumnWarnings(ReviewColumns(data.rows.view()), data.feature_names),
              ::testing::ElementsAreArray(expected));
}

INSTANTIATE_TEST_SUITE_P(
    All, PublicSetsTest,
    ::testing::Values(
        PublicSet{"datasets/letter.train.csv", {}}, PublicSet{"datasets/cardio.train.csv", {}},
        PublicSet{"datasets/satellite.train.csv", {}},
        PublicSet{"datasets/optical.train.csv",
                  {"columns without variation: \"x0\" (always 0), \"x39\" (always 0); "}},
        PublicSet{"datasets/pen.train.csv", {}}, PublicSet{"adbench/aloi.train.csv", {}},
        PublicSet{"adbench/cardiotocography.train.csv", {}},
        PublicSet{"adbench/cover.train.csv", {}},
        // The largest of 1014 values is 42.4, the next one 1.5.
        PublicSet{"adbench/fault.train.csv",
                  {"columns ruled by a few values: \"x6\" (42.36755 in 1 of 1014 rows)"}},
        PublicSet{"adbench/glass.train.csv", {}}, PublicSet{"adbench/hepatitis.train.csv", {}},
        PublicSet{"adbench/landsat.train.csv", {}},
        // One 3.9 among 112 values from 1.09 to 1.17.
        PublicSet{"adbench/lymphography.train.csv",
                  {"columns ruled by a few values: \"x11\" (3.8986 in 1 of 113 rows)"}},
        PublicSet{"adbench/magicgamma.train.csv", {}}, PublicSet{"adbench/pima.train.csv", {}},
        PublicSet{"adbench/skin.train.csv", {}}, PublicSet{"adbench/spambase.train.csv", {}},
        PublicSet{"adbench/stamps.train.csv", {}}, PublicSet{"adbench/waveform.train.csv", {}},
        PublicSet{"adbench/wine.train.csv", {}}, PublicSet{"adbench/yeast.train.csv", {}},
        PublicSet{"cases/sentinel_train.csv",
                  {"columns ruled by a few values: \"pressure\" (-9999 in 1 of 240 rows)"}},
        PublicSet{"cases/sentinel999_train.csv",
                  {"columns ruled by a few values: \"pressure\" (-999 in 1 of 240 rows)"}},
        PublicSet{"cases/time_train.csv",
                  {"columns that only grow or only fall from row to row: \"Time\" (from 0 to "}},
        PublicSet{"cases/base.csv", {}}, PublicSet{"cases/onehot_train.csv", {}},
        PublicSet{"cases/units_train.csv", {}}, PublicSet{"cases/mostly_dup_train.csv", {}}));

}  // namespace
}  // namespace advae
