#ifndef ADVAE_SERVER_SERVICES_SCHEMA_ROWS_H_
#define ADVAE_SERVER_SERVICES_SCHEMA_ROWS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "advae/v1/types.pb.h"
#include "model/data/matrix.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/table_view.h"
#include "server/batching/row_source.h"
#include "server/metrics/model_metrics.h"

namespace advae {

// The rows of a score request, a table or a matrix, for a version with a schema: makes features of
// them and keeps what it met in their cells. Refers to the request's message and to the version's
// encoder, which outlive it. Read is thread-safe; the other methods are called before the first
// Read or after the last one.
class SchemaRows final : public RowSource {
 public:
  // Bytes of a longer text of a row are cut off.
  static constexpr size_t kMaxText = 256;

  // Errors as in TableView::Create and TableEncoder::Bind.
  static absl::StatusOr<std::unique_ptr<SchemaRows>> OfTable(const v1::Table& table,
                                                             const TableEncoder& encoder);
  // Of `rows`, the view of `matrix`. Errors as in TableEncoder::CheckMatrix.
  static absl::StatusOr<std::unique_ptr<SchemaRows>> OfMatrix(const v1::Matrix& matrix,
                                                              MatrixView rows,
                                                              const TableEncoder& encoder);

  size_t rows() const { return notes_.size(); }
  // Whether the request has the features as they are; then nobody calls Read, but NoteInPlace,
  // once, after the scoring.
  bool is_in_place() const { return !table_ && encoder_.is_identity(); }
  void NoteInPlace();

  // Counts the cells, too.
  void Read(size_t first, size_t count, std::span<float> features) override;

  // Whether the row has a value that is missing or was unseen in training.
  bool is_incomplete(size_t row) const { return notes_[row] != kComplete; }
  // Whether all its values are missing.
  bool is_empty(size_t row) const { return notes_[row] == kEmpty; }
  // By the schema's columns.
  std::vector<CellCounts> cells() const;
  // The columns of the table that are keys.
  const std::vector<ColumnView>& keys() const { return binding_.keys; }
  bool has_table() const { return table_.has_value(); }
  // The columns of the table that are features or keys.
  std::vector<const ColumnView*> ReadColumns() const;
  // A row of the matrix; there is no table.
  std::span<const float> MatrixRow(size_t row) const { return matrix_.row(row); }
  // Bytes of the longest text that TextOf and the encoder's Describe may give, but for those beyond
  // kMaxText.
  size_t LongestText() const;

  const TableEncoder& encoder() const { return encoder_; }
  // One row's features [d], and notes by the schema's columns; counts nothing.
  void ReadRow(size_t row, std::span<float> features, std::span<CellNote> notes) const;
  // The value of a row, which has these features and is not missing, in a feature's column that is
  // no number, as a text.
  std::string TextOf(uint32_t column, size_t row, std::span<const float> features) const;

 private:
  enum RowNote : uint8_t { kComplete, kIncomplete, kEmpty };

  SchemaRows(const TableEncoder& encoder, size_t rows)
      : encoder_(encoder), notes_(rows), cells_(encoder.schema().columns_size()) {}

  void Encode(size_t first, size_t count, std::span<float> features,
              std::span<CellNote> notes) const;

  const TableEncoder& encoder_;
  std::optional<TableView> table_;
  TableEncoder::Binding binding_;  // of the table
  MatrixView matrix_;              // without a table
  std::vector<RowNote> notes_;     // those of different rows are written at once
  mutable absl::Mutex mutex_;
  std::vector<CellCounts> cells_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCHEMA_ROWS_H_
