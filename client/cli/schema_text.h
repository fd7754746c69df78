#ifndef ADVAE_CLIENT_CLI_SCHEMA_TEXT_H_
#define ADVAE_CLIENT_CLI_SCHEMA_TEXT_H_

#include <array>
#include <string>
#include <vector>

#include "advae/v1/types.pb.h"

namespace advae {

// What to know of a schema before training on it, a line each: columns that are no numbers, that
// have a note or are no features, such as `column "asset": category, 4 values`.
std::vector<std::string> SchemaLines(const v1::TableSchema& schema);

// The columns of SchemaRows.
inline constexpr std::array<const char*, 6> kSchemaColumns = {"column",  "kind",    "role",
                                                              "learned", "missing", "note"};

// A line a column, for people: its name, kind, role, what was learned of its values, the share of
// training rows without one, and its note.
std::vector<std::vector<std::string>> SchemaRows(const v1::TableSchema& schema);

// The sentence that names the schema's own marks of missing values; empty without any.
std::string MissingMarksText(const v1::TableSchema& schema);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_SCHEMA_TEXT_H_
