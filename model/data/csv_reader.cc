#include "model/data/csv_reader.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kBlockBytes = 65536;

// Bytes that end the plain part of a cell without quotes.
constexpr std::array<bool, 256> kEndsBareRun = [] {
  std::array<bool, 256> ends{};
  for (const unsigned char c : {',', '\n', '\r', '"', '\0'}) ends[c] = true;
  return ends;
}();

}  // namespace

CsvReader::CsvReader(std::istream& input) : input_(&input), block_(kBlockBytes) {}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>& cells) {
  if (!started_) SkipByteOrderMark();
  started_ = true;
  column_ = 1;
  record_bytes_ = 0;
  ADVAE_RETURN_IF_ERROR(SkipBlankLines());
  record_line_ = line_;
  if (Peek() == kEndOfInput) {
    ADVAE_RETURN_IF_ERROR(CheckInput());
    return false;
  }
  for (bool more = true; more; ++column_) {
    if (column_ > kMaxColumns) {
      return Error(absl::StrCat("a record has more than ", kMaxColumns, " columns"), line_);
    }
    if (column_ > cells.size()) cells.emplace_back();
    std::string& cell = cells[column_ - 1];
    cell.clear();
    ADVAE_RETURN_IF_ERROR(Peek() == '"' ? ReadQuotedCell(cell) : ReadBareCell(cell));
    ADVAE_ASSIGN_OR_RETURN(more, ReadSeparator());
  }
  cells.resize(column_ - 1);
  return true;
}

bool CsvReader::Refill() {
  std::copy(block_.begin() + position_, block_.begin() + end_, block_.begin());
  end_ -= position_;
  position_ = 0;
  // Waits for one byte, then takes what has arrived with it.
  if (!input_->good() || input_->peek() == std::istream::traits_type::eof()) return false;
  char* const room = block_.data() + end_;
  std::streamsize count =
      input_->readsome(room, static_cast<std::streamsize>(block_.size() - end_));
  if (count == 0) count = input_->read(room, 1).gcount();
  end_ += static_cast<size_t>(count);
  return count > 0;
}

void CsvReader::SkipByteOrderMark() {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  while (end_ < kMark.size() && Refill()) {
  }
  if (std::string_view(block_.data(), end_).starts_with(kMark)) position_ = kMark.size();
}

absl::Status CsvReader::SkipBlankLines() {
  for (int c = Peek(); c == '\n' || c == '\r'; c = Peek()) {
    ADVAE_RETURN_IF_ERROR(ReadLineBreak());
  }
  return absl::OkStatus();
}

template <typename Stops>
bool CsvReader::AppendUntil(Stops stops, std::string& cell) {
  while (Peek() != kEndOfInput) {
    const char* const first = block_.data() + position_;
    const char* const last = std::find_if(first, first + (end_ - position_), stops);
    cell.append(first, last);
    position_ += static_cast<size_t>(last - first);
    record_bytes_ += static_cast<size_t>(last - first);
    if (record_bytes_ > kMaxRecordBytes) return false;
    if (position_ < end_) return true;
  }
  return false;
}

absl::Status CsvReader::ReadBareCell(std::string& cell) {
  const auto stops = [](char c) { return kEndsBareRun[static_cast<unsigned char>(c)]; };
  if (!AppendUntil(stops, cell)) return CheckInput();
  switch (Peek()) {
    case '"':
      return Error("stray double quote; a cell with quotes must be quoted, with its quotes doubled",
                   line_);
    case '\0':
      return Error("NUL byte; expected text", line_);
    default:
      return absl::OkStatus();
  }
}

absl::Status CsvReader::ReadQuotedCell(std::string& cell) {
  const size_t first_line = line_;
  const auto stops = [](char c) { return c == '"' || c == '\n' || c == '\0'; };
  Advance();
  while (AppendUntil(stops, cell)) {
    const int c = Peek();
    if (c == '\0') return Error("NUL byte; expected text", line_);
    Advance();
    if (c == '"') {
      if (Peek() != '"') return absl::OkStatus();
      Advance();
    } else {
      ++line_;
    }
    cell.push_back(static_cast<char>(c));
    ++record_bytes_;
  }
  ADVAE_RETURN_IF_ERROR(CheckInput());
  return Error("double quote without its closing one", first_line);
}

absl::StatusOr<bool> CsvReader::ReadSeparator() {
  switch (Peek()) {
    case ',':
      Advance();
      return true;
    case kEndOfInput:
      ADVAE_RETURN_IF_ERROR(CheckInput());
      return false;
    case '\n':
    case '\r':
      ADVAE_RETURN_IF_ERROR(ReadLineBreak());
      return false;
    default:
      return Error("text after the closing double quote; expected a comma or a line break", line_);
  }
}

absl::Status CsvReader::ReadLineBreak() {
  if (Peek() == '\r') {
    Advance();
    if (Peek() != '\n') return Error("carriage return without a line feed", line_);
  }
  Advance();
  ++line_;
  return absl::OkStatus();
}

absl::Status CsvReader::CheckInput() const {
  if (input_->bad()) return absl::DataLossError(absl::StrCat("cannot be read beyond line ", line_));
  if (record_bytes_ <= kMaxRecordBytes) return absl::OkStatus();
  return Error(absl::StrCat("a record is longer than ", kMaxRecordBytes, " bytes"), record_line_);
}

absl::Status CsvReader::Error(std::string_view what, size_t line) const {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line, ", column ", column_, ": ", std::string(what)));
}

}  // namespace advae
