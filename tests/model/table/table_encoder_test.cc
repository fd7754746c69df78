#include "model/table/table_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "model/table/table_survey.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::advae::testing::TableBuilder;
using ::testing::ElementsAre;
using ::testing::NanSensitiveFloatEq;

v1::TableSchema SchemaOf(const v1::Table& table, bool strict = false) {
  const absl::StatusOr<TableView> view = TableView::Create(table, 100);
  EXPECT_THAT(view, IsOk());
  TableSurvey survey({}, strict);
  EXPECT_THAT(survey.Add(*view), IsOk());
  absl::StatusOr<v1::TableSchema> schema = survey.Finish();
  EXPECT_THAT(schema, IsOk());
  return *schema;
}

struct Encoded {
  std::vector<float> features;
  std::vector<CellNote> notes;
};

Encoded Encode(const TableEncoder& encoder, const v1::Table& table) {
  const absl::StatusOr<TableView> view = TableView::Create(table, 100);
  EXPECT_THAT(view, IsOk());
  const absl::StatusOr<TableEncoder::Binding> binding = encoder.Bind(*view);
  EXPECT_THAT(binding, IsOk());
  const size_t rows = view->rows();
  Encoded encoded{
      std::vector<float>(rows * encoder.features()),
      std::vector<CellNote>(rows * static_cast<size_t>(encoder.schema().columns_size()))};
  encoder.Encode(*binding, 0, rows, encoded.features, encoded.notes);
  return encoded;
}

TEST(TableEncoder, EncodesEachKind) {
  const v1::Table table = TableBuilder()
                              .Doubles("flow", {1.5, 2, {}})
                              .Bools("open", {true, false, true})
                              .Strings("pump", {"A", "B", "A"});
  ASSERT_OK_AND_ASSIGN(const auto encoder, TableEncoder::Create(SchemaOf(table)));
  EXPECT_THAT(encoder->feature_names(), ElementsAre("flow", "open", "pump = A", "pump = B",
                                                    "pump (other)", "flow (missing)"));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Encoded encoded = Encode(*encoder, table);
  EXPECT_THAT(encoded.features, ElementsAre(1.5, 1, 1, 0, 0, 0,  //
                                            2, 0, 0, 1, 0, 0,    //
                                            NanSensitiveFloatEq(nan), 1, 1, 0, 0, 1));
}

}  // namespace
}  // namespace advae
