#include "model/table/survey/text_counts.h"

#include <algorithm>

#include "absl/strings/string_view.h"

namespace advae {

uint32_t TextCounts::PlaceOf(std::string_view text) {
  if (const auto found = places_.find(absl::string_view(text.data(), text.size()));
      found != places_.end())
    return found->second;
  if (total_when_full_) return kRest;
  if (distinct() >= kMaxTexts || text.size() > kMaxBytes - bytes_) {
    total_when_full_ = total_;
    new_share_when_full_ = NewShareNow();
    return kRest;
  }
  const auto place = static_cast<uint32_t>(counts_.size());
  counts_.push_back(0);
  firsts_.push_back(total_);
  places_.emplace(text, place);
  bytes_ += text.size();
  return place;
}

void TextCounts::CountAt(uint32_t place) {
  ++counts_[place];
  ++total_;
}

double TextCounts::NewShareNow() const {
  const uint64_t last = total_ / 5;
  if (last == 0) return 0;
  uint64_t found = 0;
  for (size_t place = kRest + 1; place < counts_.size(); ++place) {
    if (firsts_[place] >= total_ - last) found += counts_[place];
  }
  return static_cast<double>(found) / static_cast<double>(last);
}

std::vector<std::pair<std::string_view, uint64_t>> TextCounts::Ranked() const {
  std::vector<std::pair<std::string_view, uint64_t>> ranked;
  ranked.reserve(places_.size());
  for (const auto& [text, place] : places_) ranked.emplace_back(text, counts_[place]);
  std::ranges::sort(ranked, [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return ranked;
}

}  // namespace advae
