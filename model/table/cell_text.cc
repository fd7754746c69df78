#include "model/table/cell_text.h"

#include "model/base/decimal_text.h"

namespace advae {

std::string CategoryText(const ColumnView& column, size_t row) {
  switch (column.type()) {
    case ValueType::kStrings:
      return column.text(column.code(row));
    case ValueType::kBools:
      return column.boolean(row) ? "true" : "false";
    case ValueType::kFloats:
      return DecimalText(static_cast<float>(column.number(row)));
    case ValueType::kDoubles:
      return DecimalText(column.number(row));
    case ValueType::kTimes:
      break;
  }
  return "";
}

}  // namespace advae
