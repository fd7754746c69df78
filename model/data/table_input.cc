#include "model/data/table_input.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"
#include "model/data/file_kind.h"
#include "model/data/gzip_source.h"
#include "model/data/utf16_source.h"

namespace advae {
namespace {

// By so many of their first bytes, kinds of files are told apart.
constexpr size_t kSignatureBytes = 64;

// Gets the first bytes, without waiting for more of a live table than its first two records.
absl::StatusOr<std::unique_ptr<PeekedSource>> Peek(std::unique_ptr<ByteSource> source) {
  auto peeked = std::make_unique<PeekedSource>(std::move(source));
  bool more = true;
  while (more && peeked->peeked().size() < kSignatureBytes &&
         !IsEnoughForDialect(peeked->peeked())) {
    ADVAE_ASSIGN_OR_RETURN(more, peeked->Extend());
  }
  return peeked;
}

// What Peek gets of the bytes at least, however they arrive: kinds of files are told apart by it.
std::string_view SignatureOf(std::string_view peeked) {
  size_t size = 0;
  while (size < std::min(kSignatureBytes, peeked.size()) &&
         !IsEnoughForDialect(peeked.substr(0, size))) {
    ++size;
  }
  return peeked.substr(0, size);
}

void DescribeDialect(const CsvDialect& dialect, std::vector<std::string>& properties) {
  switch (dialect.delimiter) {
    case ',':
      break;
    case ';':
      properties.emplace_back("semicolon-separated");
      break;
    case '\t':
      properties.emplace_back("tab-separated");
      break;
    case '|':
      properties.emplace_back("bar-separated");
      break;
    default:
      properties.push_back(
          absl::StrCat("separated by \"", EscapeText({&dialect.delimiter, 1}), "\""));
  }
  if (dialect.quote == '\'') properties.emplace_back("apostrophes as quotes");
  if (dialect.comment) {
    properties.push_back(absl::StrCat("comments after ", std::string(1, *dialect.comment)));
  }
}

}  // namespace

absl::StatusOr<TableInput> OpenTable(std::unique_ptr<ByteSource> source,
                                     const CsvDialectOptions& options) {
  TableInput table;
  ADVAE_ASSIGN_OR_RETURN(std::unique_ptr<PeekedSource> input, Peek(std::move(source)));
  if (IsGzip(input->peeked())) {
    table.properties.emplace_back("gzip");
    ADVAE_ASSIGN_OR_RETURN(input, Peek(std::make_unique<GzipSource>(std::move(input))));
  }
  if (const std::optional<std::string_view> kind = ForeignKind(SignatureOf(input->peeked()))) {
    return absl::InvalidArgumentError(absl::StrCat("the file ", std::string(*kind)));
  }
  if (const std::optional<std::endian> order = Utf16Order(input->peeked())) {
    table.properties.emplace_back("UTF-16");
    ADVAE_ASSIGN_OR_RETURN(input, Peek(std::make_unique<Utf16Source>(std::move(input), *order)));
  }
  bool more = true;
  while (more && !IsEnoughForDialect(input->peeked())) {
    ADVAE_ASSIGN_OR_RETURN(more, input->Extend());
  }
  table.dialect = DetectDialect(input->peeked(), options);
  DescribeDialect(table.dialect, table.properties);
  table.text = std::move(input);
  return table;
}

}  // namespace advae
