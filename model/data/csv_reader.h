#ifndef ADVAE_MODEL_DATA_CSV_READER_H_
#define ADVAE_MODEL_DATA_CSV_READER_H_

#include <array>
#include <cstddef>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/data/byte_source.h"
#include "model/data/csv_dialect.h"

namespace advae {

// Reads the records of a CSV file by RFC 4180: cells are separated by delimiters, lines end in LF,
// CRLF or CR, a cell in quotes may hold delimiters, line breaks and doubled quotes. A UTF-8 byte
// order mark is skipped, blank lines, comments and the byte 1A that ends files of DOS are passed
// over, the last line needs no line break.
//
// What goes beyond RFC 4180 is read as it looks, so that it matters to those alone who use the
// cell: blanks may surround the quotes of a cell, a quote within a cell that does not start with
// one is a character like others, and a cell with text after its closing quote keeps its quotes.
//
// Buffers a block of input and one record, and never waits for more input than the next record
// needs, so that records can be read from a pipe as they are written. Not thread-safe.
class CsvReader {
 public:
  static constexpr size_t kMaxRecordBytes = size_t{64} << 20;
  static constexpr size_t kMaxColumns = size_t{1} << 20;

  // An ordinary CSV file. `input` outlives the reader.
  explicit CsvReader(std::istream& input);
  CsvReader(std::unique_ptr<ByteSource> source, const CsvDialect& dialect);

  // Reads the next record into `cells`; false at the end of the input. kInvalidArgument, with line
  // and column (the number of the cell, from 1), for an unclosed quote or a record beyond the
  // limits above; kDataLoss when the source fails. After an error there is nothing more to read.
  absl::StatusOr<bool> Next(std::vector<std::string>& cells);

  // Whether Next would return without waiting for input, as far as it is known.
  bool IsReady();

  // Line on which the last record started, from 1.
  size_t line() const { return record_line_; }
  const CsvDialect& dialect() const { return dialect_; }

 private:
  static constexpr int kEndOfInput = -1;
  // The bytes that end the plain part of a cell; true for each of them.
  using Ends = std::array<bool, 256>;

  // The next byte, which stays where it is, or kEndOfInput.
  int Peek() {
    return position_ < end_ || Refill() ? static_cast<unsigned char>(block_[position_])
                                        : kEndOfInput;
  }
  void Advance() { ++position_; }
  // Gets more input behind what is left of the block; false at the end of the input.
  bool Refill();
  // Whether the next bytes are `text`, for which it waits.
  bool StartsWith(std::string_view text);
  // What is in the block of the input.
  std::string_view Buffered() const { return {block_.data() + position_, end_ - position_}; }

  void Start();
  // Passes over what is no record.
  void SkipToRecord();
  bool IsComment();
  bool IsEndMark();
  void SkipLine();
  // Reads a cell without quotes and its delimiter, if both are in the block: for speed. The limit
  // of a record is left to the cells that are not, of which there is one a block.
  bool TakeOrdinaryCell(std::string& cell);
  absl::Status ReadBareCell(std::string& cell);
  absl::Status ReadQuotedCell(std::string& cell);
  // Reads what is between the closing quote and the next delimiter or line break.
  absl::Status ReadAfterQuotes(std::string& cell);
  // Reads what follows a cell; true when that is another cell of the record.
  absl::StatusOr<bool> ReadSeparator();
  void ReadLineBreak();
  // Moves the bytes of the block before the first one of `ends` into `cell`. False when the input
  // or the limit of a record ends first.
  bool AppendUntil(const Ends& ends, std::string& cell);
  // Whether the block holds a whole record.
  bool HoldsRecord() const;
  // OK unless the source failed or the record is too long.
  absl::Status CheckInput() const;
  absl::Status Error(std::string_view what, size_t line) const;

  std::unique_ptr<ByteSource> source_;
  CsvDialect dialect_;
  Ends bare_ends_;    // of a cell without quotes
  Ends quoted_ends_;  // of a cell with quotes
  std::vector<char> block_;
  size_t position_ = 0;  // of the next byte in block_
  size_t end_ = 0;       // of the input in block_
  absl::Status source_status_;
  bool source_has_ended_ = false;
  bool started_ = false;
  bool after_carriage_return_ = false;  // a line feed that comes next belongs to the last line
  size_t line_ = 1;                     // of the next byte
  size_t record_line_ = 0;
  size_t record_bytes_ = 0;  // in the cells of the record so far
  size_t column_ = 0;        // of the record, from 1
};

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_CSV_READER_H_
