// One row taken out of a request, and what is told of it afterwards.

#include "server/services/row_explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/request_matrix.h"
#include "server/services/kept_row_request.h"
#include "server/services/schema_rows.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using namespace testing;  // NOLINT(google-build-using-namespace): all that makes tables

constexpr size_t kAll = 100;

const ExplainedColumn& ColumnOf(const std::vector<ExplainedColumn>& columns,
                                const std::string& name) {
  for (const ExplainedColumn& column : columns) {
    if (column.contribution.name() == name) return column;
  }
  ADD_FAILURE() << name;
  return columns.front();
}

double SumOf(const std::vector<ExplainedColumn>& columns) {
  double sum = 0;
  for (const ExplainedColumn& column : columns) sum += column.contribution.contribution();
  return sum;
}

class TableRowTest : public ::testing::Test {
 protected:
  // Row `row` of the table, as it is kept.
  v1::ScoreRequest Kept(const v1::Table& table, size_t row) const {
    const auto rows = SchemaRows::OfTable(table, *version_->encoder());
    EXPECT_THAT(rows, IsOk());
    return RequestOfRow(version_->info(), rows->get(), {}, row);
  }

  const std::shared_ptr<const LoadedVersion> version_ = *LoadedVersion::Create(*PumpBundle("pump"));
  const v1::Table table_ =
      TableOf(2, {Floats("flow", {0.5f, std::numeric_limits<float>::quiet_NaN()}),
                  Bools("on", {true, false}), Strings("mode", {"eco", "odd"}),
                  Times("start", {1'767'600'000'000'000, 1'767'610'000'000'000}),
                  Strings("asset", {"pump-7", "pump-8"}), Floats("other", {1, 2})});
};

TEST_F(TableRowTest, HasTheValuesOfItsColumns) {
  const v1::ScoreRequest request = Kept(table_, 0);
  EXPECT_EQ(request.model(), "pump");
  EXPECT_EQ(request.version(), version_->info().version());
  ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                       ExplainRow(*version_, request, kAll));
  EXPECT_THAT(columns, SizeIs(4));  // the features
  EXPECT_FLOAT_EQ(static_cast<float>(ColumnOf(columns, "flow").number), 0.5f);
  EXPECT_EQ(ColumnOf(columns, "mode").contribution.value(), "eco");
  EXPECT_EQ(ColumnOf(columns, "on").contribution.value(), "true");
  EXPECT_TRUE(std::isnan(ColumnOf(columns, "on").number));
}

TEST_F(TableRowTest, OneWithAMissingAndAnUnseenValueIsExplainedToo) {
  ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                       ExplainRow(*version_, Kept(table_, 1), kAll));
  EXPECT_TRUE(ColumnOf(columns, "flow").contribution.missing());
  EXPECT_TRUE(std::isnan(ColumnOf(columns, "flow").number));
  EXPECT_EQ(ColumnOf(columns, "mode").contribution.value(), "odd");
  EXPECT_EQ(ColumnOf(columns, "on").contribution.value(), "false");
}

TEST_F(TableRowTest, ContributionsSumToTheScore) {
  for (const size_t row : {0, 1}) {
    const auto rows = SchemaRows::OfTable(table_, *version_->encoder());
    std::vector<float> features(version_->encoder()->features());
    std::vector<CellNote> notes(version_->encoder()->schema().columns_size());
    (*rows)->ReadRow(row, features, notes);
    double score = 0;
    version_->scorer().Score({.values = features.data(), .rows = 1, .columns = features.size()},
                             {&score, 1});
    ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                         ExplainRow(*version_, Kept(table_, row), kAll));
    EXPECT_NEAR(SumOf(columns), score, 1e-6 * score);
  }
}

TEST_F(TableRowTest, NamesAsManyColumnsAsWanted) {
  ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                       ExplainRow(*version_, Kept(table_, 0), 2));
  ASSERT_THAT(columns, SizeIs(2));
  EXPECT_GE(columns[0].contribution.contribution(), columns[1].contribution.contribution());
}

TEST_F(TableRowTest, HasItsKeys) {
  EXPECT_THAT(KeysOfRow(*version_, Kept(table_, 1)), ElementsAre(Pair("asset", "pump-8")));
}

TEST_F(TableRowTest, HasAKeyThatIsCalledAsAMissingValue) {
  v1::TableSchema schema = PumpSchema();
  schema.add_missing_marks("pump-8");
  const auto version = *LoadedVersion::Create(*TableBundle("pump", schema, PumpTable(20)));
  ASSERT_OK_AND_ASSIGN(const auto rows, SchemaRows::OfTable(table_, *version->encoder()));
  const v1::ScoreRequest request = RequestOfRow(version->info(), rows.get(), {}, 1);
  EXPECT_THAT(KeysOfRow(*version, request), ElementsAre(Pair("asset", "pump-8")));
}

TEST_F(TableRowTest, LongTextsAreCut) {
  const v1::Table table =
      TableOf(1, {Floats("flow", {0.5f}), Bools("on", {true}),
                  Strings("mode", {std::string(10'000, 'x')}), Times("start", {0})});
  const v1::ScoreRequest request = Kept(table, 0);
  EXPECT_LT(request.ByteSizeLong(), 1000);
  EXPECT_THAT(ExplainRow(*version_, request, kAll), IsOk());
}

TEST_F(TableRowTest, WithoutValuesThereIsNothingToExplain) {
  v1::ScoreRequest request;
  EXPECT_THAT(ExplainRow(*version_, request, kAll),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("not kept")));
  EXPECT_THAT(KeysOfRow(*version_, request), IsEmpty());
}

TEST(MatrixRowTest, HasTheValuesOfItsFeatures) {
  const auto version = *LoadedVersion::Create(*RandomBundle("pump"));
  const Matrix rows = RandomRows(4, 3, 9);
  const v1::ScoreRequest request = RequestOfRow(version->info(), nullptr, rows.view(), 2);
  ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                       ExplainRow(*version, request, kAll));
  ASSERT_THAT(columns, SizeIs(3));
  for (const auto& [contribution, number] : columns) {
    EXPECT_EQ(number, rows.view().row(2)[contribution.feature()]);
  }
  EXPECT_THAT(KeysOfRow(*version, request), IsEmpty());
}

TEST(MatrixRowTest, OfOneThatCannotBeJudgedTheColumnsAreThoseThatAreNotFinite) {
  const auto version = *LoadedVersion::Create(*RandomBundle("pump"));
  Matrix rows = RandomRows(1, 3, 9);
  for (const float value :
       {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    rows.values[1] = value;
    const v1::ScoreRequest request = RequestOfRow(version->info(), nullptr, rows.view(), 0);
    ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                         ExplainRow(*version, request, kAll));
    ASSERT_THAT(columns, SizeIs(1));
    EXPECT_EQ(columns[0].contribution.feature(), 1);
    EXPECT_EQ(columns[0].contribution.name(), version->info().features(1).name());
    EXPECT_TRUE(std::isnan(columns[0].contribution.contribution()));
    EXPECT_FALSE(std::isfinite(columns[0].number));
  }
}

TEST(MatrixRowTest, AtMostAsManyColumnsAsWantedAreNotFinite) {
  const auto version = *LoadedVersion::Create(*RandomBundle("pump"));
  Matrix rows = RandomRows(1, 3, 9);
  std::ranges::fill(rows.values, std::numeric_limits<float>::infinity());
  const v1::ScoreRequest request = RequestOfRow(version->info(), nullptr, rows.view(), 0);
  ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                       ExplainRow(*version, request, 2));
  EXPECT_THAT(columns, SizeIs(2));
}

// Only an infinity of a version that takes missing values; of a strict one also what it has not
// seen, each column once.
TEST(TableRow, OfOneThatCannotBeJudgedTheColumnsAreThoseThatAreNotFinite) {
  const v1::Table table =
      TableOf(1, {Floats("flow", {std::numeric_limits<float>::infinity()}), Bools("on", {true}),
                  Strings("mode", {"odd"}), Times("start", {1'767'600'000'000'000})});
  for (const bool strict : {false, true}) {
    const auto version = *LoadedVersion::Create(*PumpBundle("pump", strict));
    const auto rows = SchemaRows::OfTable(table, *version->encoder());
    ASSERT_THAT(rows, IsOk());
    const v1::ScoreRequest request = RequestOfRow(version->info(), rows->get(), {}, 0);
    ASSERT_OK_AND_ASSIGN(const std::vector<ExplainedColumn> columns,
                         ExplainRow(*version, request, kAll));
    std::vector<std::string> names;
    for (const auto& [contribution, number] : columns) names.push_back(contribution.name());
    const std::vector<std::string> expected =
        strict ? std::vector<std::string>{"flow", "mode"} : std::vector<std::string>{"flow"};
    EXPECT_EQ(names, expected);
  }
}

TEST(MatrixRowTest, ATableIsNoRowOfAVersionWithoutASchema) {
  const auto version = *LoadedVersion::Create(*RandomBundle("pump"));
  v1::ScoreRequest request;
  *request.mutable_table() = TableOf(1, {Floats("flow", {1})});
  EXPECT_THAT(ExplainRow(*version, request, kAll),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("schema")));
}

}  // namespace
}  // namespace advae
