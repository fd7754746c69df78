#include "client/cli/sent_rows.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;

// Two rows of each type; the second one has no value but its number.
TableRows TwoRows() {
  std::istringstream input("id,flow,open,start,protocol\na,1.5,yes,2026-11-27,udp\nb,0.1,,,\n");
  absl::StatusOr<TableReader> reader = TableReader::ForTraining(input, {}, [] {
    v1::ColumnSetting open;
    open.set_name("open");
    open.set_kind(v1::COLUMN_KIND_BOOLEAN);
    return std::vector<v1::ColumnSetting>{open};
  }());
  EXPECT_TRUE(reader.ok());
  absl::StatusOr<TableRows> rows = reader->ReadChunk(10);
  EXPECT_TRUE(rows.ok());
  rows->keys = {"a", "b"};
  rows->labels = {true, false};
  return *std::move(rows);
}

v1::FeatureContribution Part(const std::string& name) {
  v1::FeatureContribution part;
  part.set_name(name);
  part.set_contribution(1);
  return part;
}

TEST(SentRows, TakesARowOutOfATable) {
  const SentRows rows = SentRows::Of(TwoRows(), /*keep_values=*/true);
  const SentRows row = rows.Row(1);
  EXPECT_THAT(row.keys, ElementsAre("b"));
  EXPECT_THAT(row.labels, ElementsAre(false));
  EXPECT_THAT(row.row_numbers, ElementsAre(1));
  EXPECT_EQ(row.table.rows(), 1u);
  EXPECT_EQ(row.ValueOf(0, Part("flow")), 0.1);
  for (const int column : {2, 3, 4}) {
    EXPECT_EQ(row.table.columns(column).validity(), std::string(1, '\0'));
  }
  EXPECT_EQ(row.NumberOf(0, 1, "flow"), 0.1);
  EXPECT_EQ(row.NumberOf(0, 4, "protocol"), std::nullopt);
  const SentRows first = rows.Row(0);
  EXPECT_EQ(first.table.columns(0).strings().dictionary(0), "a");
  EXPECT_EQ(first.table.columns(2).bools(), "\x01");
  EXPECT_EQ(first.table.columns(3).times().size(), 8u);
  EXPECT_EQ(first.table.columns(4).strings().dictionary(0), "udp");
  EXPECT_EQ(first.table.columns(4).validity(), "\x01");
  v1::ScoreRequest request;
  first.AssignTo(request);
  EXPECT_EQ(request.table().SerializeAsString(), first.table.SerializeAsString());
}

TEST(SentRows, ValuesAreNumbersTextsOrNull) {
  const SentRows rows = SentRows::Of(TwoRows(), /*keep_values=*/true);
  EXPECT_EQ(rows.ValueOf(0, Part("flow")), 1.5);
  v1::FeatureContribution protocol = Part("protocol");
  protocol.set_value("udp");
  EXPECT_EQ(rows.ValueOf(0, protocol), "udp");
  protocol.set_missing(true);
  EXPECT_TRUE(rows.ValueOf(1, protocol).is_null());
  EXPECT_TRUE(rows.ValueOf(0, Part("unknown")).is_null());
}

TEST(SentRows, KeepsTheNumbersOfAMatrixAsTheyWereWritten) {
  DataSet data;
  data.rows = {.values = {0.1F, 2}, .columns = 2};
  data.row_numbers = {7};
  const SentRows rows = SentRows::Of(std::move(data), /*keep_values=*/true);
  EXPECT_EQ(rows.ValueOf(0, Part("flow")), 0.1);
  v1::FeatureContribution beyond = Part("x");
  beyond.set_feature(2);
  EXPECT_TRUE(rows.ValueOf(0, beyond).is_null());
  v1::ScoreRequest request;
  rows.Row(0).AssignTo(request);
  EXPECT_THAT(request.rows().values(), ElementsAre(0.1F, 2));
}

TEST(SentRows, DropsValuesThatAreNotNeeded) {
  EXPECT_EQ(SentRows::Of(TwoRows(), /*keep_values=*/false).table.columns_size(), 0);
}

TEST(ContributionText, NamesValuesAsUsersHaveThem) {
  v1::FeatureContribution part = Part("protocol");
  part.set_value("icmp");
  part.set_expected_value("tcp");
  EXPECT_EQ(ContributionText(part, "icmp", 4), "protocol = icmp: 25 %, expected tcp");
  part.set_missing(true);
  EXPECT_EQ(ContributionText(part, {}, 4), "protocol is missing: 25 %");
  part = Part("flow");
  part.set_expected(2.5);
  EXPECT_EQ(ContributionText(part, 1.25, 2), "flow = 1.25: 50 %, expected 2.5");
  EXPECT_EQ(ContributionText(part, 1.25, 0), "flow = 1.25: 0 %, expected 2.5");
}

}  // namespace
}  // namespace advae
