#ifndef ADVAE_MODEL_TABLE_ENCODING_ENCODE_ROWS_H_
#define ADVAE_MODEL_TABLE_ENCODING_ENCODE_ROWS_H_

#include <algorithm>
#include <cstddef>
#include <limits>

#include "model/table/encoding/column_encoder.h"

namespace advae {

// The loop of all encoders. `put` encodes the row of an index, which has a value, into features
// and returns its note; a row without a value gets `width` NaNs.
template <typename Put>
void EncodeRows(ColumnView column, size_t first, size_t count, size_t width,
                const EncodedCells& cells, Put put) {
  for (size_t i = 0; i < count; ++i) {
    float* const features = cells.features + i * cells.stride;
    CellNote note = CellNote::kMissing;
    if (column.has_value(first + i)) {
      note = put(first + i, features);
    } else {
      std::fill_n(features, width, std::numeric_limits<float>::quiet_NaN());
    }
    if (cells.mark != nullptr) cells.mark[i * cells.stride] = note == CellNote::kMissing ? 1 : 0;
    if (cells.notes != nullptr) cells.notes[i * cells.note_stride] = note;
  }
}

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_ENCODING_ENCODE_ROWS_H_
