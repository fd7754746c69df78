#include "model/table/encoding/category_encoder.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/base/utf8.h"
#include "model/table/cell_text.h"
#include "model/table/encoding/encode_rows.h"

namespace advae {
namespace {

constexpr size_t kShownBytes = 256;

// All doubles tell numbers of so many digits apart.
constexpr ptrdiff_t kMaxDigits = 15;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// The number that a text is in digits, perhaps with a sign and a point. Unset: it is none, or has
// too many digits.
std::optional<double> DecimalNumber(std::string_view text) {
  const auto is_of_number = [](char c) { return IsDigit(c) || c == '.' || c == '-'; };
  if (!std::ranges::all_of(text, is_of_number)) return std::nullopt;
  if (std::ranges::count_if(text, IsDigit) > kMaxDigits) return std::nullopt;
  double value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool HasLeadingZero(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && IsDigit(text[1]);
}

std::string Shown(std::string_view text) { return std::string(Utf8Prefix(text, kShownBytes)); }

// `own` is what a row itself has added to the count of its category.
std::vector<float> LogShares(const v1::CategorySummary& summary, uint64_t own) {
  double rows = static_cast<double>(summary.other_count());
  for (const v1::CategoryCount& category : summary.categories()) {
    rows += static_cast<double>(category.count());
  }
  const auto log_share = [rows](uint64_t count) {
    return static_cast<float>(std::log((static_cast<double>(count) + 0.5) / (rows + 1)));
  };
  std::vector<float> shares;
  for (const v1::CategoryCount& category : summary.categories()) {
    shares.push_back(log_share(category.count() - std::min(own, category.count())));
  }
  shares.push_back(log_share(0));
  return shares;
}

}  // namespace

CategoryEncoder::CategoryEncoder(const v1::CategorySummary& summary, bool strict)
    : summary_(summary),
      strict_(strict),
      is_one_hot_(summary.encoding() == v1::CATEGORY_ENCODING_ONE_HOT),
      width_(is_one_hot_ ? size_t{listed()} + 1 : 1),
      log_shares_(is_one_hot_ ? std::vector<float>() : LogShares(summary, 0)),
      training_log_shares_(is_one_hot_ ? std::vector<float>() : LogShares(summary, 1)) {
  indices_.reserve(listed());
  for (uint32_t i = 0; i < listed(); ++i) {
    const std::string& text = summary.categories(static_cast<int>(i)).category();
    indices_.emplace_back(text, i);
    if (const std::optional<double> number = DecimalNumber(text)) {
      numbers_.push_back({.value = *number, .index = i, .has_leading_zero = HasLeadingZero(text)});
    }
  }
  std::ranges::sort(indices_);
  std::ranges::sort(numbers_, {}, &ListedNumber::value);
  booleans_ = {IndexOfWord("false"), IndexOfWord("true")};
  if (is_one_hot_) return;
  // Others before a category that one row had: they are as rare, and more.
  by_training_log_share_.emplace(training_log_shares_[listed()], listed());
  for (uint32_t i = 0; i < listed(); ++i)
    by_training_log_share_.emplace(training_log_shares_[i], i);
}

std::vector<std::string> CategoryEncoder::FeatureSuffixes() const {
  if (!is_one_hot_) return {" (frequency)"};
  std::vector<std::string> suffixes;
  for (const v1::CategoryCount& category : summary_.categories()) {
    suffixes.push_back(absl::StrCat(" = ", category.category()));
  }
  suffixes.emplace_back(" (other)");
  return suffixes;
}

uint32_t CategoryEncoder::IndexOfWord(std::string_view word) const {
  uint32_t index = listed();
  for (const auto& [text, other] : indices_) {
    if (!absl::EqualsIgnoreCase({text.data(), text.size()}, {word.data(), word.size()})) continue;
    index = other;
  }
  return index;
}

uint32_t CategoryEncoder::IndexOf(std::string_view text, ValueType type) const {
  if (type == ValueType::kBools) return booleans_[text == "true" ? 1 : 0];
  const auto found =
      std::ranges::lower_bound(indices_, text, {}, [](const auto& entry) { return entry.first; });
  if (found != indices_.end() && found->first == text) return found->second;
  const bool is_number = type != ValueType::kStrings;
  const std::optional<double> number = DecimalNumber(text);
  if (!number || (!is_number && HasLeadingZero(text))) return listed();
  uint32_t index = listed();
  auto other = std::ranges::lower_bound(numbers_, *number, {}, &ListedNumber::value);
  for (; other != numbers_.end() && other->value == *number; ++other) {
    if (other->has_leading_zero && !is_number) continue;
    if (index != listed()) return listed();
    index = other->index;
  }
  return index;
}

std::vector<uint32_t> CategoryEncoder::MapDictionary(const ColumnView& column) const {
  if (column.type() != ValueType::kStrings) return {};
  std::vector<uint32_t> categories;
  categories.reserve(column.dictionary_size());
  for (const std::string& text : column.message().strings().dictionary()) {
    categories.push_back(IndexOf(text, ValueType::kStrings));
  }
  return categories;
}

CellNote CategoryEncoder::Put(uint32_t category, const std::vector<float>& log_shares,
                              float* features) const {
  const bool is_unseen = category == listed() && summary_.other_count() == 0;
  if (is_unseen && strict_) {
    std::fill_n(features, width_, std::numeric_limits<float>::quiet_NaN());
  } else if (is_one_hot_) {
    std::fill_n(features, width_, 0.0F);
    features[category] = 1;
  } else {
    features[0] = log_shares[category];
  }
  return is_unseen ? CellNote::kUnseen : CellNote::kNone;
}

void CategoryEncoder::Encode(const ColumnView& column, std::span<const uint32_t> categories,
                             size_t first, size_t count, const EncodedCells& cells) const {
  const std::vector<float>& log_shares = cells.of_training ? training_log_shares_ : log_shares_;
  if (column.type() == ValueType::kStrings) {
    EncodeRows(column, first, count, width_, cells, [&](size_t row, float* features) {
      return Put(categories[column.code(row)], log_shares, features);
    });
  } else {
    EncodeRows(column, first, count, width_, cells, [&](size_t row, float* features) {
      return Put(IndexOf(CategoryText(column, row), column.type()), log_shares, features);
    });
  }
}

uint32_t CategoryEncoder::NearestShare(float log_share) const {
  const auto above = by_training_log_share_.lower_bound(log_share);
  if (above == by_training_log_share_.begin()) return above->second;
  const auto below = std::prev(above);
  const bool is_above =
      above != by_training_log_share_.end() && above->first - log_share <= log_share - below->first;
  return is_above ? above->second : below->second;
}

TableEncoder::Expected CategoryEncoder::Describe(std::span<const float> features) const {
  uint32_t nearest = listed();
  if (!is_one_hot_) {
    // What is expected comes from training rows.
    nearest = NearestShare(features[0]);
  } else {
    for (uint32_t i = 0; i < listed(); ++i) {
      if (features[i] > features[nearest]) nearest = i;
    }
  }
  if (nearest == listed()) return {.text = "(other)"};
  return {.text = Shown(summary_.categories(static_cast<int>(nearest)).category())};
}

std::string CategoryEncoder::TextOf(const ColumnView& column, size_t row) const {
  return Shown(CategoryText(column, row));
}

std::optional<std::string> CategoryEncoder::ListedCategory(std::string_view text,
                                                           ValueType type) const {
  const uint32_t index = IndexOf(text, type);
  if (index == listed()) return std::nullopt;
  return summary_.categories(static_cast<int>(index)).category();
}

}  // namespace advae
