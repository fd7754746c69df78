#ifndef ADVAE_MODEL_TABLE_TRUTH_VALUE_H_
#define ADVAE_MODEL_TABLE_TRUTH_VALUE_H_

#include <cstddef>
#include <optional>
#include <string_view>

namespace advae {

// A word for a truth value.
struct TruthWord {
  // false and true, no and yes, f and t, n and y.
  static constexpr size_t kPairs = 4;
  static constexpr bool IsOfLetters(size_t pair) { return pair >= 2; }

  size_t pair;
  bool value;
};

// The word in a cell, in upper or lower case. Unset: it is something else.
std::optional<TruthWord> FindTruthWord(std::string_view cell);

// The truth value in a cell: a TruthWord, 1 or 0. Unset: it is something else.
std::optional<bool> ParseTruth(std::string_view cell);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TRUTH_VALUE_H_
