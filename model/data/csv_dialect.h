#ifndef ADVAE_MODEL_DATA_CSV_DIALECT_H_
#define ADVAE_MODEL_DATA_CSV_DIALECT_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace advae {

// How a file separates cells and lines.
struct CsvDialect {
  char delimiter = ',';
  char quote = '"';
  // Lines that start with it are passed over. Unset: there are none.
  std::optional<char> comment = std::nullopt;
  // Whether the first line is one such as "sep=;", which spreadsheets read, and is passed over.
  bool has_separator_line = false;
};

// What is known of a dialect beforehand; what is unset is detected.
struct CsvDialectOptions {
  std::optional<char> delimiter = std::nullopt;
  std::optional<char> quote = std::nullopt;
};

// The most bytes that DetectDialect looks at.
inline constexpr size_t kMaxDialectSample = size_t{64} << 10;

// Whether `sample`, the start of a table, has all that DetectDialect looks at: the first two
// records that are no comments, or kMaxDialectSample bytes.
bool IsEnoughForDialect(std::string_view sample);

// Detects how a table is written by its start, UTF-8 text with or without a byte order mark. Looks
// at the first two records alone, however much of it there is, so that the dialect does not depend
// on how a pipe cuts its text.
//
// The delimiter is what a "sep=" line says, otherwise the one of comma, semicolon, tab and bar that
// splits the first record, first of all one that splits both records into as many cells, then the
// one with the largest share of numbers in the second record, then the one with the most cells. The
// quote is the apostrophe when it, and no double quote, encloses a cell. Lines that start with '#'
// are comments when the first line is one.
CsvDialect DetectDialect(std::string_view sample, const CsvDialectOptions& options);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_CSV_DIALECT_H_
