#include "model/fitting/training_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "advae/v1/types.pb.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsNull;
using ::testing::NotNull;

const float kNan = std::nanf("");

// Of numbers "a" and "b"; some rows of training had no b.
std::unique_ptr<const TableEncoder> Encoder(bool strict = false) {
  v1::TableSchema schema;
  schema.set_strict(strict);
  for (const char* const name : {"a", "b"}) {
    v1::ColumnSchema& column = *schema.add_columns();
    column.set_name(name);
    column.set_kind(v1::COLUMN_KIND_NUMBER);
    column.set_role(v1::COLUMN_ROLE_FEATURE);
    column.mutable_number()->set_maximum(10);
    if (name == std::string("b") && !strict) column.set_missing_share(0.5);
  }
  auto encoder = TableEncoder::Create(std::move(schema));
  EXPECT_THAT(encoder, testing::IsOk());
  return *std::move(encoder);
}

// a, b and the mark of b; a is 0 to 10, b is 0 to 10.
const Matrix kRows{.values = {0, 0, 0, 1, 2, 0, 1.5f, kNan, 1, 9, 10, 0, 10, kNan, 1},
                   .columns = 3};
const MinMaxScaler kScaler = *MinMaxScaler::FromRanges({0, 0, 0}, {10, 10, 1});

std::vector<float> ColumnB(MatrixView rows) {
  std::vector<float> values;
  for (size_t i = 0; i < rows.rows; ++i) values.push_back(rows.row(i)[1]);
  return values;
}

TEST(TrainingRowsTest, ARowTakesWhatTheNearestRememberedRowHas) {
  const auto rows = TrainingRows::Prepare(kRows.view(), Encoder().get(), kScaler, {});
  EXPECT_THAT(ColumnB(rows.complete()), ElementsAre(0, 2, 2, 10, 10));
  EXPECT_EQ(rows.rows().values, kRows.values.data());
  ASSERT_TRUE(rows.missing());
  EXPECT_EQ(rows.missing()->marks, 1);
}

TEST(TrainingRowsTest, WhatIsRememberedHasTheMeanOfItsNearestOthers) {
  const auto rows = TrainingRows::Prepare(kRows.view(), Encoder().get(), kScaler, {});
  ASSERT_THAT(rows.remembered(), NotNull());
  // All others that have b, as there are fewer than are asked: (0 + 2 + 10) / 3, scaled.
  EXPECT_THAT(rows.remembered()->values,
              ElementsAre(0, 0, 0.1f, 0.2f, 0.15f, 0.4f, 0.9f, 1, 1, 0.4f));
}

// A row that is not remembered has no part in what others take.
TEST(TrainingRowsTest, OnlyRememberedRowsGiveValues) {
  const NeighborhoodOptions options{.memory_rows = 2, .seed = 3};
  const auto rows = TrainingRows::Prepare(kRows.view(), Encoder().get(), kScaler, options);
  ASSERT_THAT(rows.remembered(), NotNull());
  EXPECT_EQ(rows.remembered()->rows(), 2);
  for (const float value : ColumnB(rows.complete())) EXPECT_TRUE(std::isfinite(value));
}

TEST(TrainingRowsTest, ThreadsChangeNothing) {
  const auto one = TrainingRows::Prepare(kRows.view(), Encoder().get(), kScaler, {});
  const auto four = TrainingRows::Prepare(kRows.view(), Encoder().get(), kScaler, {.threads = 4});
  EXPECT_EQ(ColumnB(one.complete()), ColumnB(four.complete()));
  EXPECT_EQ(one.remembered()->values, four.remembered()->values);
}

TEST(TrainingRowsTest, WithoutAMemoryMissingValuesStay) {
  const auto rows =
      TrainingRows::Prepare(kRows.view(), Encoder().get(), kScaler, {.memory_rows = 0});
  EXPECT_EQ(rows.complete().values, kRows.values.data());
  EXPECT_THAT(rows.remembered(), IsNull());
  EXPECT_TRUE(rows.missing());
}

TEST(TrainingRowsTest, CompleteRowsStayWhereTheyAre) {
  const Matrix complete{.values = {0, 0, 0, 1, 2, 0}, .columns = 3};
  const auto rows = TrainingRows::Prepare(complete.view(), Encoder().get(), kScaler, {});
  EXPECT_EQ(rows.complete().values, complete.values.data());
  EXPECT_THAT(rows.remembered(), IsNull());
  EXPECT_TRUE(rows.missing());
  EXPECT_FALSE(TrainingRows::Prepare(complete.view(), nullptr, kScaler, {}).missing());
  EXPECT_FALSE(TrainingRows::Prepare(complete.view(), Encoder(/*strict=*/true).get(), kScaler, {})
                   .missing());
}

}  // namespace
}  // namespace advae
