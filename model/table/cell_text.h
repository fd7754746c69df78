#ifndef ADVAE_MODEL_TABLE_CELL_TEXT_H_
#define ADVAE_MODEL_TABLE_CELL_TEXT_H_

#include <cstddef>
#include <string>

#include "model/table/table_view.h"

namespace advae {

// The category that a cell with a value names: the text, "true" or "false", or the number's text.
// Not of kTimes.
std::string CategoryText(const ColumnView& column, size_t row);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_CELL_TEXT_H_
