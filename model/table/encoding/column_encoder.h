#ifndef ADVAE_MODEL_TABLE_ENCODING_COLUMN_ENCODER_H_
#define ADVAE_MODEL_TABLE_ENCODING_COLUMN_ENCODER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "advae/v1/types.pb.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/table_view.h"

namespace advae {

// Where a column's cells go: those of row i from features[i * stride] on, its note, when there are
// notes, to notes[i * note_stride], and its mark, when there is one, to mark[i * stride].
struct EncodedCells {
  float* features;
  size_t stride;
  CellNote* notes;  // null: none
  size_t note_stride;
  float* mark;               // null: none
  bool of_training = false;  // the schema has counted the rows
};

// Encodes one column of a table by its schema. One class for each kind. Immutable and thread-safe.
class ColumnEncoder {
 public:
  // `schema` is that of a feature, has passed CheckSchema, and outlives the encoder.
  static std::unique_ptr<const ColumnEncoder> Create(const v1::ColumnSchema& schema, bool strict);
  virtual ~ColumnEncoder() = default;

  // One for each feature, in their order, without the column's name: empty, " = tcp", " (other)".
  virtual std::vector<std::string> FeatureSuffixes() const = 0;

  // Binding::categories of the column.
  virtual std::vector<uint32_t> MapDictionary(const ColumnView& /*column*/) const { return {}; }
  // The rows [first, first + count).
  virtual void Encode(const ColumnView& column, std::span<const uint32_t> categories, size_t first,
                      size_t count, const EncodedCells& cells) const = 0;

  // See TableEncoder. `features` are the column's.
  virtual TableEncoder::Expected Describe(std::span<const float> features) const = 0;
  // Of a row that has a value.
  virtual std::string TextOf(const ColumnView& column, size_t row) const = 0;
  // See TableEncoder.
  virtual std::optional<std::string> ListedCategory(std::string_view /*text*/,
                                                    ValueType /*type*/) const {
    return std::nullopt;
  }
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_ENCODING_COLUMN_ENCODER_H_
