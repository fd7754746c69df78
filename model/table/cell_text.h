#ifndef ADVAE_MODEL_TABLE_CELL_TEXT_H_
#define ADVAE_MODEL_TABLE_CELL_TEXT_H_

#include <cstddef>
#include <string>

#include "model/table/table_view.h"

namespace advae {

// The shortest decimal text that reads back as `value`: whole numbers below 1e15 in full, such as
// "100000", others as "0.1" or "1e-07". Equal numbers have equal texts, also 0 and -0.
std::string DecimalText(double value);
// The same for a 32-bit float: "0.1", too.
std::string DecimalText(float value);

// The category that a cell with a value names: the text, "true" or "false", or the number's text.
// Not of kTimes.
std::string CategoryText(const ColumnView& column, size_t row);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_CELL_TEXT_H_
