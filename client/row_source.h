#ifndef ADVAE_CLIENT_ROW_SOURCE_H_
#define ADVAE_CLIENT_ROW_SOURCE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "advae/v1/types.pb.h"
#include "model/data/data_set.h"
#include "model/data/matrix.h"
#include "model/table/text/table_reader.h"

namespace advae {

// Gives rows to a streaming call, chunk by chunk: fills the empty `chunk` with the next rows, at
// least one, or returns false when there are none left. Feature names come with the first chunk. An
// error is what the call returns: it cancels an upload, and ends a stream of scores when the rows
// before it have been answered.
//
// A chunk becomes one message: it is best kept below a megabyte (256 Ki values), and must stay
// below the server's limit for messages (4 MiB unless configured).
using RowSource = std::function<absl::StatusOr<bool>(v1::Matrix& chunk)>;

// The same for the chunks of a table: fills the empty `chunk`.
using TableSource = std::function<absl::StatusOr<bool>(v1::Table& chunk)>;

// The largest number of rows, from 1 to `max_rows`, whose chunk stays below a megabyte.
size_t ChunkRows(size_t columns, size_t max_rows);

// The rows of a matrix in memory, which outlives the source. `feature_names` is empty or has one
// name a column.
RowSource RowsOf(MatrixView rows, std::vector<std::string> feature_names = {});

// Called with each chunk, before it is sent, as the file has it: with labels, keys and numbers of
// the rows.
using ChunkObserver = std::function<void(DataSet chunk)>;

// The rows of a CSV file, read in chunks of at most `max_rows` while the call runs, with the
// columns' names. A chunk ends early where the next row would have to be waited for. `reader`
// outlives the source.
RowSource RowsOf(DataSetReader& reader, size_t max_rows, ChunkObserver observer = nullptr);

// Called with each chunk of a table, before it is sent.
using TableObserver = std::function<void(TableRows chunk)>;

// The same for a table of any values, in chunks as TableReader::ReadChunk has them.
TableSource RowsOf(TableReader& reader, size_t max_rows, TableObserver observer = nullptr);

// Replaces the contents of `chunk`; row-major values, no feature names.
void AssignRows(MatrixView rows, v1::Matrix& chunk);

}  // namespace advae

#endif  // ADVAE_CLIENT_ROW_SOURCE_H_
