#include "model/table/truth_value.h"

#include "absl/strings/match.h"
#include "model/data/number_parser.h"

namespace advae {
namespace {

// The second one of each pair is true.
constexpr std::string_view kWords[TruthWord::kPairs][2] = {
    {"false", "true"}, {"no", "yes"}, {"f", "t"}, {"n", "y"}};

}  // namespace

std::optional<TruthWord> FindTruthWord(std::string_view cell) {
  const std::string_view text = WithoutBlanks(cell);
  if (text.empty() || text.size() > 5) return std::nullopt;
  for (size_t pair = 0; pair < TruthWord::kPairs; ++pair) {
    for (const bool value : {false, true}) {
      const std::string_view word = kWords[pair][value ? 1 : 0];
      if (absl::EqualsIgnoreCase({text.data(), text.size()}, {word.data(), word.size()})) {
        return TruthWord{.pair = pair, .value = value};
      }
    }
  }
  return std::nullopt;
}

std::optional<bool> ParseTruth(std::string_view cell) {
  if (const std::optional<TruthWord> word = FindTruthWord(cell)) return word->value;
  const std::string_view text = WithoutBlanks(cell);
  if (text == "1") return true;
  if (text == "0") return false;
  return std::nullopt;
}

}  // namespace advae
