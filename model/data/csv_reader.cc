#include "model/data/csv_reader.h"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kBlockBytes = 65536;
constexpr char kDosEndOfFile = '\x1A';

std::array<bool, 256> Bytes(std::initializer_list<char> bytes) {
  std::array<bool, 256> set{};
  for (const char c : bytes) set[static_cast<unsigned char>(c)] = true;
  return set;
}

bool IsLineBreak(int c) { return c == '\n' || c == '\r'; }

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

CsvReader::CsvReader(std::istream& input)
    : CsvReader(std::make_unique<StreamSource>(input), CsvDialect{}) {}

CsvReader::CsvReader(std::unique_ptr<ByteSource> source, const CsvDialect& dialect)
    : source_(std::move(source)),
      dialect_(dialect),
      bare_ends_(Bytes({dialect.delimiter, dialect.quote, '\n', '\r'})),
      quoted_ends_(Bytes({dialect.quote, '\n', '\r'})),
      block_(kBlockBytes) {}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>& cells) {
  if (!std::exchange(started_, true)) Start();
  column_ = 1;
  record_bytes_ = 0;
  SkipToRecord();
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
    if (TakeOrdinaryCell(cell)) continue;
    cell.clear();
    ADVAE_RETURN_IF_ERROR(ReadBareCell(cell));
    ADVAE_ASSIGN_OR_RETURN(more, ReadSeparator());
  }
  cells.resize(column_ - 1);
  return true;
}

bool CsvReader::IsReady() {
  // Enough for most records, so that only the last ones of a block are looked for.
  constexpr size_t kLikelyRecord = 4096;
  while (started_ && !source_has_ended_ && Buffered().size() < kLikelyRecord && !HoldsRecord()) {
    if (!source_->IsReady()) return false;
    Refill();
  }
  return started_ || source_->IsReady();
}

bool CsvReader::HoldsRecord() const {
  bool in_quotes = false;
  bool is_blank = true;
  bool is_comment = false;
  for (const char c : Buffered()) {
    if (!in_quotes && IsLineBreak(c)) {
      if (!is_blank && !is_comment) return true;
      is_blank = true;
      is_comment = false;
    } else {
      if (is_blank) is_comment = c == dialect_.comment;
      is_blank = false;
      if (c == dialect_.quote && !is_comment) in_quotes = !in_quotes;
    }
  }
  return false;
}

bool CsvReader::Refill() {
  if (source_has_ended_) return false;
  std::copy(block_.begin() + static_cast<std::ptrdiff_t>(position_),
            block_.begin() + static_cast<std::ptrdiff_t>(end_), block_.begin());
  end_ -= position_;
  position_ = 0;
  const absl::StatusOr<size_t> count = source_->Read(std::span(block_).subspan(end_));
  source_status_ = count.status();
  source_has_ended_ = !count.ok() || *count == 0;
  if (source_has_ended_) return false;
  end_ += *count;
  return true;
}

bool CsvReader::StartsWith(std::string_view text) {
  while (Buffered().size() < text.size() && text.starts_with(Buffered()) && Refill()) {
  }
  return Buffered().starts_with(text);
}

void CsvReader::Start() {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (StartsWith(kByteOrderMark)) position_ += kByteOrderMark.size();
  if (dialect_.has_separator_line) SkipLine();
}

void CsvReader::SkipToRecord() {
  if (std::exchange(after_carriage_return_, false) && Peek() == '\n') Advance();
  for (;;) {
    if (IsLineBreak(Peek())) {
      ReadLineBreak();
      if (std::exchange(after_carriage_return_, false) && Peek() == '\n') Advance();
    } else if (IsComment() || IsEndMark()) {
      SkipLine();
    } else {
      return;
    }
  }
}

bool CsvReader::IsComment() {
  // A spreadsheet's mark of a missing value starts a row.
  return dialect_.comment && Peek() == static_cast<unsigned char>(*dialect_.comment) &&
         !StartsWith("#N/A");
}

bool CsvReader::IsEndMark() {
  if (Peek() != kDosEndOfFile) return false;
  while (Buffered().size() < 2 && Refill()) {
  }
  return Buffered().size() == 1 || IsLineBreak(Buffered()[1]);
}

void CsvReader::SkipLine() {
  while (Peek() != kEndOfInput) {
    const std::string_view rest = Buffered();
    const size_t length = std::min(rest.find_first_of("\n\r"), rest.size());
    position_ += length;
    if (length < rest.size()) {
      ReadLineBreak();
      if (std::exchange(after_carriage_return_, false) && Peek() == '\n') Advance();
      return;
    }
  }
}

bool CsvReader::AppendUntil(const Ends& ends, std::string& cell) {
  const auto stops = [&](char c) { return ends[static_cast<unsigned char>(c)]; };
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

bool CsvReader::TakeOrdinaryCell(std::string& cell) {
  const char* const first = block_.data() + position_;
  const char* const end = block_.data() + end_;
  const char* const last = std::find_if(
      first, end, [this](char c) { return bare_ends_[static_cast<unsigned char>(c)]; });
  if (last == end || *last != dialect_.delimiter) return false;
  cell.assign(first, last);
  const auto size = static_cast<size_t>(last - first);
  position_ += size + 1;
  record_bytes_ += size;
  return true;
}

absl::Status CsvReader::ReadBareCell(std::string& cell) {
  while (AppendUntil(bare_ends_, cell)) {
    if (Peek() != static_cast<unsigned char>(dialect_.quote)) return absl::OkStatus();
    if (IsBlank(cell)) {
      cell.clear();
      return ReadQuotedCell(cell);
    }
    cell.push_back(dialect_.quote);
    ++record_bytes_;
    Advance();
  }
  return CheckInput();
}

absl::Status CsvReader::ReadQuotedCell(std::string& cell) {
  const size_t first_line = line_;
  Advance();
  while (AppendUntil(quoted_ends_, cell)) {
    const int c = Peek();
    Advance();
    if (c == static_cast<unsigned char>(dialect_.quote)) {
      if (Peek() != c) return ReadAfterQuotes(cell);
      Advance();
    } else if (c == '\n' || Peek() != '\n') {
      ++line_;
    }
    cell.push_back(static_cast<char>(c));
    ++record_bytes_;
  }
  ADVAE_RETURN_IF_ERROR(CheckInput());
  return dialect_.quote == '"' ? Error("double quote without its closing one", first_line)
                               : Error("quote without its closing one", first_line);
}

absl::Status CsvReader::ReadAfterQuotes(std::string& cell) {
  const int next = Peek();
  if (next == static_cast<unsigned char>(dialect_.delimiter) || IsLineBreak(next)) {
    return absl::OkStatus();
  }
  std::string rest;
  while (AppendUntil(bare_ends_, rest) && Peek() == static_cast<unsigned char>(dialect_.quote)) {
    rest.push_back(dialect_.quote);
    ++record_bytes_;
    Advance();
  }
  if (!IsBlank(rest)) {
    const std::string quote(1, dialect_.quote);
    cell = absl::StrCat(quote, cell, quote, rest);
  }
  return CheckInput();
}

absl::StatusOr<bool> CsvReader::ReadSeparator() {
  const int c = Peek();
  if (c == kEndOfInput) {
    ADVAE_RETURN_IF_ERROR(CheckInput());
    return false;
  }
  if (IsLineBreak(c)) {
    ReadLineBreak();
    return false;
  }
  Advance();  // the delimiter: nothing else ends a cell
  return true;
}

void CsvReader::ReadLineBreak() {
  after_carriage_return_ = Peek() == '\r';
  Advance();
  ++line_;
}

absl::Status CsvReader::CheckInput() const {
  if (!source_status_.ok()) {
    return absl::Status(source_status_.code(),
                        absl::StrCat(source_status_.message(), " beyond line ", line_));
  }
  if (record_bytes_ <= kMaxRecordBytes) return absl::OkStatus();
  return Error(absl::StrCat("a record is longer than ", kMaxRecordBytes, " bytes"), record_line_);
}

absl::Status CsvReader::Error(std::string_view what, size_t line) const {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line, ", column ", column_, ": ", std::string(what)));
}

}  // namespace advae
