#ifndef ADVAE_MODEL_TABLE_SURVEY_TEXT_COUNTS_H_
#define ADVAE_MODEL_TABLE_SURVEY_TEXT_COUNTS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace advae {

// Counts how often each text occurs, of as many texts as fit into bounded memory: those that come
// first. The others are counted together, as the rest. The same texts in the same order give the
// same counts.
class TextCounts {
 public:
  static constexpr size_t kMaxTexts = 100'000;
  static constexpr size_t kMaxBytes = size_t{16} << 20;  // of all texts together

  // Where a text is counted; texts of the rest are all at kRest.
  static constexpr uint32_t kRest = 0;
  uint32_t PlaceOf(std::string_view text);
  void CountAt(uint32_t place);

  // Sum of all counts.
  uint64_t total() const { return total_; }
  // Number of texts, without those of the rest.
  size_t distinct() const { return counts_.size() - 1; }
  // The sum of all counts when the first text did not fit in. Unset: all did.
  std::optional<uint64_t> total_when_full() const { return total_when_full_; }
  // Of the last fifth of all that was counted, until the first text did not fit in, the share whose
  // text did not occur before it. In [0, 1].
  double NewShareOfLastFifth() const { return new_share_when_full_.value_or(NewShareNow()); }

  // The texts with their counts, the most frequent first, those with equal counts by their text;
  // valid until the next change.
  std::vector<std::pair<std::string_view, uint64_t>> Ranked() const;

 private:
  double NewShareNow() const;

  absl::flat_hash_map<std::string, uint32_t> places_;
  std::vector<uint64_t> counts_ = {0};  // by place
  std::vector<uint64_t> firsts_ = {0};  // the sum of all counts before the first one, by place
  size_t bytes_ = 0;
  uint64_t total_ = 0;
  std::optional<uint64_t> total_when_full_;
  std::optional<double> new_share_when_full_;
};

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_SURVEY_TEXT_COUNTS_H_
