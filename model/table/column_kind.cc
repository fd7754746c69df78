#include "model/table/column_kind.h"

namespace advae {

std::string_view NameOf(v1::ColumnKind kind) {
  switch (kind) {
    case v1::COLUMN_KIND_NUMBER:
      return "number";
    case v1::COLUMN_KIND_BOOLEAN:
      return "boolean";
    case v1::COLUMN_KIND_CATEGORY:
      return "category";
    case v1::COLUMN_KIND_TIME:
      return "time";
    default:
      return "unknown kind";
  }
}

v1::ColumnKind NaturalKind(ValueType type) {
  switch (type) {
    case ValueType::kFloats:
    case ValueType::kDoubles:
      return v1::COLUMN_KIND_NUMBER;
    case ValueType::kBools:
      return v1::COLUMN_KIND_BOOLEAN;
    case ValueType::kStrings:
      return v1::COLUMN_KIND_CATEGORY;
    case ValueType::kTimes:
      return v1::COLUMN_KIND_TIME;
  }
  return v1::COLUMN_KIND_UNSPECIFIED;
}

bool CanBe(v1::ColumnKind kind, ValueType type) {
  return kind == NaturalKind(type) ||
         (kind == v1::COLUMN_KIND_NUMBER && type == ValueType::kBools) ||
         (kind == v1::COLUMN_KIND_CATEGORY && type != ValueType::kTimes);
}

}  // namespace advae
