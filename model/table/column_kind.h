#ifndef ADVAE_MODEL_TABLE_COLUMN_KIND_H_
#define ADVAE_MODEL_TABLE_COLUMN_KIND_H_

#include <string_view>

#include "advae/v1/types.pb.h"
#include "model/table/table_view.h"

namespace advae {

// "number", "boolean", "category" or "time".
std::string_view NameOf(v1::ColumnKind kind);

// The kind of values of a type when nobody says another.
v1::ColumnKind NaturalKind(ValueType type);

// Whether values of this type can be encoded as a feature of this kind: numbers and bools as a
// number, all but times as a category, bools as a boolean, times as a time.
bool CanBe(v1::ColumnKind kind, ValueType type);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_COLUMN_KIND_H_
