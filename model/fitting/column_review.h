#ifndef ADVAE_MODEL_FITTING_COLUMN_REVIEW_H_
#define ADVAE_MODEL_FITTING_COLUMN_REVIEW_H_

#include <cstddef>
#include <string>
#include <vector>

#include "model/data/matrix.h"

namespace advae {

// Why a model cannot see a column well.
enum class ColumnProblem {
  // All values are equal.
  kNoVariation,
  // What tells values apart is near the precision of 32-bit floats: of the floats between the 5 %
  // and the 95 % quantile, the values take up more than an eighth, if these floats are fewer than
  // 1024, or more than nine tenths. Values that are multiples of two such floats' distance, as
  // whole numbers mostly are, have lost nothing and are not meant.
  kFewDigits,
  // Up to 5 % of the values at either end, such as a -9999 for a missing reading, lie beyond a gap
  // that is at least ten times as wide as the other values reach from the median to it. A column of
  // which more than half is one value, such as mostly zeros, is not meant.
  kFewValues,
  // From row to row the values only grow, or only fall, as times and counters do: no step goes back
  // and at least nine of ten go on, or any number in a column of few digits. Rows that come later
  // lie outside what was trained on.
  kOneDirection,
};

struct ColumnFinding {
  size_t column;
  ColumnProblem problem;
  std::string detail;  // a few words with the values that tell, such as "always 5"
};

// Finds the columns of training rows, in the order of their file, that a model cannot see well. A
// NaN is a missing value and counts for nothing. By columns, then problems. Fewer than 20 rows tell
// nothing but kNoVariation. Takes O(m d log m) time and the memory of one column.
std::vector<ColumnFinding> ReviewColumns(MatrixView rows);

// The findings as warnings, one sentence a problem, that name up to three columns and count the
// others. `names` has one name a column.
std::vector<std::string> ColumnWarnings(const std::vector<ColumnFinding>& findings,
                                        const std::vector<std::string>& names);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_COLUMN_REVIEW_H_
