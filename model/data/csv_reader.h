#ifndef ADVAE_MODEL_DATA_CSV_READER_H_
#define ADVAE_MODEL_DATA_CSV_READER_H_

#include <cstddef>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae {

// Reads the records of a CSV file by RFC 4180: cells are separated by commas, lines end in LF or
// CRLF, a cell in double quotes may hold commas, line breaks and doubled quotes. A UTF-8 byte order
// mark is skipped, blank lines are passed over, the last line needs no line break.
//
// Buffers a block of input and one record, and never waits for more input than the next record
// needs, so that records can be read from a pipe as they are written. Not thread-safe.
class CsvReader {
 public:
  static constexpr size_t kMaxRecordBytes = size_t{64} << 20;
  static constexpr size_t kMaxColumns = size_t{1} << 20;

  // `input` outlives the reader.
  explicit CsvReader(std::istream& input);

  // Reads the next record into `cells`; false at the end of the input. kInvalidArgument, with line
  // and column (the number of the cell, from 1), for a stray or unclosed quote, a carriage return
  // without line feed, a NUL byte, or a record beyond the limits above; kDataLoss when the stream
  // fails. After an error there is nothing more to read.
  absl::StatusOr<bool> Next(std::vector<std::string>& cells);

  // Line on which the last record started, from 1.
  size_t line() const { return record_line_; }

 private:
  static constexpr int kEndOfInput = -1;

  // The next byte, which stays where it is, or kEndOfInput.
  int Peek() {
    return position_ < end_ || Refill() ? static_cast<unsigned char>(block_[position_])
                                        : kEndOfInput;
  }
  void Advance() { ++position_; }
  // Gets more input behind what is left of the block; false at the end of the input.
  bool Refill();

  void SkipByteOrderMark();
  absl::Status SkipBlankLines();
  absl::Status ReadBareCell(std::string& cell);
  absl::Status ReadQuotedCell(std::string& cell);
  // Reads what follows a cell; true when that is another cell of the record.
  absl::StatusOr<bool> ReadSeparator();
  absl::Status ReadLineBreak();
  // Moves the bytes of the block before the first one that `stops` into `cell`. False when the
  // input or the limit of a record ends first.
  template <typename Stops>
  bool AppendUntil(Stops stops, std::string& cell);
  // OK unless the stream failed or the record is too long.
  absl::Status CheckInput() const;
  absl::Status Error(std::string_view what, size_t line) const;

  std::istream* input_;
  std::vector<char> block_;
  size_t position_ = 0;  // of the next byte in block_
  size_t end_ = 0;       // of the input in block_
  bool started_ = false;
  size_t line_ = 1;  // of the next byte
  size_t record_line_ = 0;
  size_t record_bytes_ = 0;  // in the cells of the record so far
  size_t column_ = 0;        // of the record, from 1
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_CSV_READER_H_
