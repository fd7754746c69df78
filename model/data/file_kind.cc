#include "model/data/file_kind.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace advae {
namespace {

struct Kind {
  std::string_view start;
  std::string_view sentence;
};

// Kinds whose start might be the name of a column: there are control characters after it.
constexpr Kind kWordKinds[] = {
    {"PAR1", "is a Parquet file; export it as CSV"},
    {"ARROW1", "is an Arrow file; export it as CSV"},
    {"Obj", "is an Avro file; export it as CSV"},
    {"BZh", "is compressed with bzip2; decompress it first"},
};

constexpr Kind kKinds[] = {
    {"\x89HDF\r\n", "is an HDF5 file; export its table as CSV"},
    {"\x93NUMPY", "is a NumPy array; save it with numpy.savetxt(..., delimiter=\",\")"},
    {"SQLite format 3", "is an SQLite database; export a table as CSV"},
    {"\xD0\xCF\x11\xE0", "is an Excel workbook (xls); save its sheet as CSV"},
    {"%PDF-", "is a PDF document; expected a table in text (CSV)"},
    {"\x80\x02", "is a Python pickle, perhaps weights of PyTorch; expected a table in text (CSV)"},
    {"\x80\x03", "is a Python pickle; expected a table in text (CSV)"},
    {"\x80\x04", "is a Python pickle; expected a table in text (CSV)"},
    {"\x80\x05", "is a Python pickle; expected a table in text (CSV)"},
    {"\xFD"
     "7zXZ",
     "is compressed with xz; decompress it first"},
    {"\x28\xB5\x2F\xFD", "is compressed with zstd; decompress it first"},
    {"7z\xBC\xAF", "is a 7z archive; extract the table first"},
    {"\x7F"
     "ELF",
     "is a program; expected a table in text (CSV)"},
    {"\x89PNG", "is a picture; expected a table in text (CSV)"},
    {"\xFF\xD8\xFF", "is a picture; expected a table in text (CSV)"},
    {"{\\rtf", "is an RTF document; expected a table in text (CSV)"},
};

std::string_view ZipSentence(std::string_view start) {
  if (absl::StrContains(absl::string_view(start.data(), start.size()), "data.pkl")) {
    return "is a PyTorch file (weights); expected a table in text (CSV)";
  }
  return "is a ZIP archive, as Excel workbooks (xlsx) are; save the sheet as CSV, or extract the "
         "table first";
}

bool HasControls(std::string_view text) {
  return std::ranges::any_of(text.substr(0, 64), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r';
  });
}

// The length of a JSON header in 8 bytes, little-endian, and the header.
bool IsSafetensors(std::string_view start) {
  return start.size() > 9 && start.substr(5, 3) == std::string_view("\0\0\0", 3) &&
         start.substr(8, 2) == "{\"";
}

bool IsHtml(std::string_view text) {
  const auto starts_with = [&](absl::string_view word) {
    return absl::StartsWithIgnoreCase(absl::string_view(text.data(), text.size()), word);
  };
  return starts_with("<!doctype") || starts_with("<html") || starts_with("<head") ||
         starts_with("<?xml") || starts_with("<table");
}

// The start of an object, of an object in a list, or of a list of lists.
bool IsJson(std::string_view text) {
  std::string compact;
  for (const char c : text.substr(0, 64)) {
    if (!absl::ascii_isspace(static_cast<unsigned char>(c))) compact.push_back(c);
  }
  return absl::StartsWith(compact, "{\"") || absl::StartsWith(compact, "[{\"") ||
         absl::StartsWith(compact, "[[");
}

}  // namespace

std::optional<std::string_view> ForeignKind(std::string_view start) {
  for (const Kind& kind : kKinds) {
    if (start.starts_with(kind.start)) return kind.sentence;
  }
  for (const Kind& kind : kWordKinds) {
    if (start.starts_with(kind.start) && HasControls(start)) return kind.sentence;
  }
  if (start.starts_with("PK\x03\x04")) return ZipSentence(start);
  if (IsSafetensors(start)) {
    return "is a safetensors file (weights); expected a table in text (CSV)";
  }
  std::string_view text = start;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  if (IsHtml(text)) return "is HTML or XML, perhaps an error page; expected a table in text (CSV)";
  if (IsJson(text)) return "is JSON; expected a table in text (CSV)";
  return std::nullopt;
}

}  // namespace advae
