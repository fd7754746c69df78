#ifndef ADVAE_MODEL_DATA_COLUMN_SELECTION_H_
#define ADVAE_MODEL_DATA_COLUMN_SELECTION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace advae {

// Which columns of a table have which role. A name finds the column with exactly this name,
// otherwise the one that has it but for blanks around it and for how letters with marks are written
// (Composed).
struct ColumnRoles {
  // Column of the labels. Unset: there is none.
  std::optional<std::string> label = std::nullopt;
  // With true, a table without `label` is one without labels; with false, that is an error.
  bool label_optional = false;
  // Columns whose text identifies a row: carried into results, never a feature unless `features`
  // names it too.
  std::vector<std::string> keys = {};
  // Keys that the table may lack.
  std::vector<std::string> optional_keys = {};
  // Columns that have no role, by name or by pattern (FindColumns).
  std::vector<std::string> ignored = {};
  // The features, in this order. Empty: all columns without another role, in the table's order.
  std::vector<std::string> features = {};
  // The columns of the table that `features` come from, in their order, to read tables without a
  // header by. Empty: unknown.
  std::vector<std::string> known_columns = {};
};

// Where the columns are in a line; indices are from 0.
struct ColumnSelection {
  std::vector<size_t> features;
  std::vector<std::string> feature_names;  // without blanks around them
  std::vector<size_t> keys;
  std::vector<std::string> key_names;
  std::optional<size_t> label;
  // Columns that would be features if they had names, such as the index that pandas writes.
  std::vector<size_t> nameless;
};

// Finds the columns of `roles` in `header`. kInvalidArgument when one is not there (NoColumn) or
// its name there twice, when a pattern fits no column, a feature is also the label or ignored, or
// no feature is left. Columns without a role may have any names.
absl::StatusOr<ColumnSelection> SelectColumns(const std::vector<std::string>& header,
                                              const ColumnRoles& roles);

// The same in a table of `columns` columns without a header, which are called column_1, column_2
// and so on. When `roles` names features that the table does not have by these names, its columns
// are `known_columns` if these are as many, otherwise the features are the columns without another
// role, in order; kInvalidArgument when these are not as many.
absl::StatusOr<ColumnSelection> SelectColumnsByPosition(size_t columns, const ColumnRoles& roles);

// `name` as names are compared that are not equal: without blanks around it, as UTF-8 (Utf8Of), and
// with letters and their marks as one character (Composed).
std::string PlainName(std::string_view name);
// What a message says of columns that `header` does not have: `no column "load"; did you mean
// "Load"? The columns are "Load", "site"`. The question is of names that differ in upper and lower
// case alone; `kind` is what the message calls such a column.
std::string NoColumn(const std::vector<std::string>& absent, const std::vector<std::string>& header,
                     std::string_view kind = "column");

// column_1, column_2 and so on.
std::vector<std::string> PositionalNames(size_t columns);
// What SelectColumnsByPosition calls the columns.
std::vector<std::string> NamesWithoutHeader(size_t columns, const ColumnRoles& roles);

// For each of `patterns`, the columns of `header` that it means, ascending: those that a name finds
// (ColumnRoles), or, when there is none, those that the pattern with * (any text) and ? (any
// character) fits, whose names are taken without blanks around them. A name that has such a
// character itself means its column alone.
std::vector<std::vector<size_t>> FindColumns(const std::vector<std::string>& header,
                                             const std::vector<std::string>& patterns);

// A name or cell as messages show it: in quotes, escaped, and cut when it is long.
std::string Quoted(std::string_view text);
// Several of them, separated by commas; of many, the first 50 and the number of the others.
std::string QuotedList(const std::vector<std::string>& names);

}  // namespace advae

#endif  // ADVAE_MODEL_DATA_COLUMN_SELECTION_H_
