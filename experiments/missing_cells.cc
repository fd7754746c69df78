#include "experiments/missing_cells.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"

namespace advae {

ExperimentData WithMissingCells(ExperimentData data, double share, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::bernoulli_distribution is_missing(share);
  for (Matrix* const rows : {&data.train, &data.test}) {
    for (float& value : rows->values) {
      if (is_missing(random)) value = std::numeric_limits<float>::quiet_NaN();
    }
  }
  return data;
}

bool HasMissingCells(MatrixView rows) {
  return std::ranges::any_of(std::span(rows.values, rows.rows * rows.columns),
                             [](float value) { return std::isnan(value); });
}

v1::Table TableOf(MatrixView rows) {
  v1::Table table;
  table.set_rows(static_cast<uint32_t>(rows.rows));
  for (size_t j = 0; j < rows.columns; ++j) {
    v1::TableColumn& column = *table.add_columns();
    column.set_name(absl::StrCat("x", j));
    std::string& bytes = *column.mutable_floats();
    bytes.resize(rows.rows * sizeof(float));
    for (size_t i = 0; i < rows.rows; ++i) {
      std::memcpy(bytes.data() + i * sizeof(float), &rows.row(i)[j], sizeof(float));
    }
  }
  return table;
}

}  // namespace advae
