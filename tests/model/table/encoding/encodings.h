#ifndef ADVAE_TESTS_MODEL_TABLE_ENCODING_ENCODINGS_H_
#define ADVAE_TESTS_MODEL_TABLE_ENCODING_ENCODINGS_H_

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

#include "advae/v1/types.pb.h"
#include "model/table/encoding/table_encoder.h"
#include "tests/testing/status_matchers.h"

namespace advae::testing {

struct Encoded {
  std::vector<float> features;
  std::vector<CellNote> notes;
};

// All rows of a table that has the encoder's columns.
inline Encoded EncodeTable(const TableEncoder& encoder, const v1::Table& table) {
  const absl::StatusOr<TableView> view = TableView::Create(table, 1000);
  EXPECT_THAT(view, IsOk());
  const absl::StatusOr<TableEncoder::Binding> binding = encoder.Bind(*view);
  EXPECT_THAT(binding, IsOk());
  const size_t rows = view->rows();
  Encoded encoded{
      .features = std::vector<float>(rows * encoder.features()),
      .notes = std::vector<CellNote>(rows * static_cast<size_t>(encoder.schema().columns_size()))};
  encoder.Encode(*binding, 0, rows, encoded.features, encoded.notes);
  return encoded;
}

}  // namespace advae::testing

#endif  // ADVAE_TESTS_MODEL_TABLE_ENCODING_ENCODINGS_H_
