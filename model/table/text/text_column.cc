#include "model/table/text/text_column.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "model/base/utf8.h"

namespace advae {
namespace {

static_assert(std::endian::native == std::endian::little, "messages are little-endian");

bool AreNearlyAll(size_t count, size_t values) { return 10 * count >= 9 * values; }

void SetBit(std::string& bits, size_t index, bool value) {
  if (index % 8 == 0) bits.push_back('\0');
  if (value) bits.back() = static_cast<char>(bits.back() | (1 << (index % 8)));
}

// Keeps the first `count` bits; those behind them are 0.
void TruncateBits(std::string& bits, size_t count) {
  bits.resize((count + 7) / 8);
  if (count % 8 != 0) bits.back() = static_cast<char>(bits.back() & ((1 << (count % 8)) - 1));
}

}  // namespace

void NumberStyle::Add(std::string_view cell, const NumberParser& numbers) {
  if (numbers.IsMissing(cell)) return;
  ++values_;
  const bool may_have_thousands = MayHaveThousands(cell);
  const std::optional<DecimalMark> mark = ShownDecimalMark(cell);
  if (may_have_thousands || NumberParser({.decimal_mark = mark}).ParseDouble(cell)) ++numbers_;
  if (mark) ++shown_[static_cast<size_t>(*mark)];
  if (!may_have_thousands) return;
  const bool has_point = cell.find('.') != std::string_view::npos;
  std::string& first =
      ambiguous_[static_cast<size_t>(has_point ? DecimalMark::kPoint : DecimalMark::kComma)];
  if (first.empty()) first = WithoutBlanks(cell);
}

size_t NumberStyle::Shown(DecimalMark mark) const {
  return AreNearlyAll(numbers_, values_) ? shown_[static_cast<size_t>(mark)] : 0;
}

std::string_view NumberStyle::Ambiguous(DecimalMark mark) const {
  if (shown_[0] + shown_[1] > 0) return "";
  return ambiguous_[static_cast<size_t>(mark)];
}

void TypeDetector::Add(std::string_view cell, NumberParser& numbers) {
  const std::optional<double> number = numbers.ParseDouble(cell);
  if (number && std::isnan(*number)) return;
  ++values_;
  if (number) {
    ++numbers_;
  } else if (numbers.IsFormattedNumber(cell)) {
    ++formatted_numbers_;
  }
  dates_.Add(cell);
  if (const std::optional<TruthWord> truth = FindTruthWord(cell)) {
    ++truths_[truth->pair][truth->value ? 1 : 0];
  }
}

ValueType TypeDetector::type() const {
  if (values_ == 0) return ValueType::kStrings;
  if (numbers_ + formatted_numbers_ == values_) return ValueType::kDoubles;
  for (size_t pair = 0; pair < TruthWord::kPairs; ++pair) {
    const auto [no, yes] = truths_[pair];
    const bool is_shown = !TruthWord::IsOfLetters(pair) || (no > 0 && yes > 0);
    if (no + yes == values_ && is_shown) return ValueType::kBools;
  }
  if (AreNearlyAll(dates_.times(), values_)) return ValueType::kTimes;
  return AreNearlyAll(numbers_, values_) ? ValueType::kDoubles : ValueType::kStrings;
}

TextColumn::TextColumn(std::string name, ValueType type, bool is_key)
    : name_(std::move(name)), type_(type), is_key_(is_key) {}

bool TextColumn::Add(std::string_view cell, NumberParser& numbers) {
  new_text_.reset();
  if (type_ == ValueType::kDoubles) {
    const std::optional<double> number = numbers.ParseDouble(cell);
    if (!number) return false;
    AddBytes(*number);
    ++rows_;
    return true;
  }
  const bool is_missing = is_key_ ? WithoutBlanks(cell).empty() : numbers.IsMissing(cell);
  if (type_ == ValueType::kBools) {
    const std::optional<bool> truth = is_missing ? false : ParseTruth(cell);
    if (!truth) return false;
    SetBit(values_, rows_, *truth);
  } else if (type_ == ValueType::kTimes) {
    const std::optional<int64_t> time = is_missing ? 0 : ParseTime(cell, numbers);
    if (!time) return false;
    AddBytes(*time);
  } else {
    AddBytes(is_missing ? int32_t{0} : CodeOf(WithoutBlanks(cell)));
  }
  AddValidity(!is_missing);
  ++rows_;
  return true;
}

std::optional<int64_t> TextColumn::ParseTime(std::string_view cell, NumberParser& numbers) const {
  if (const std::optional<int64_t> time = times_.Parse(cell)) return time;
  const std::optional<double> number = numbers.ParseDouble(cell);
  constexpr double kLeastTime = 1e8;
  return number && *number >= kLeastTime ? TimeOfNumber(*number) : std::nullopt;
}

double TextColumn::last_number() const {
  double number = 0;
  std::memcpy(&number, values_.data() + values_.size() - sizeof(number), sizeof(number));
  return number;
}

void TextColumn::AddValidity(bool is_valid) {
  SetBit(validity_, rows_, is_valid);
  missing_ += is_valid ? 0 : 1;
}

template <typename Value>
void TextColumn::AddBytes(Value value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  values_.append(bytes, sizeof(value));
}

int32_t TextColumn::CodeOf(std::string_view text) {
  const auto known = codes_.find(absl::string_view(text.data(), text.size()));
  if (known != codes_.end()) return known->second;
  const auto code = static_cast<int32_t>(dictionary_.size());
  new_text_.emplace(text);
  codes_.emplace(*new_text_, code);
  dictionary_.push_back(Utf8Of(text));
  return code;
}

void TextColumn::RemoveLast() {
  --rows_;
  switch (type_) {
    case ValueType::kBools:
      TruncateBits(values_, rows_);
      break;
    case ValueType::kStrings:
      values_.resize(rows_ * sizeof(int32_t));
      break;
    default:
      values_.resize(rows_ * sizeof(int64_t));
      break;
  }
  if (type_ != ValueType::kDoubles) TruncateBits(validity_, rows_);
  if (!new_text_) return;
  codes_.erase(*new_text_);
  dictionary_.pop_back();
  new_text_.reset();
}

v1::TableColumn TextColumn::Take() {
  v1::TableColumn column;
  column.set_name(name_);
  if (missing_ > 0) column.set_validity(std::move(validity_));
  switch (type_) {
    case ValueType::kBools:
      column.set_bools(std::move(values_));
      break;
    case ValueType::kStrings:
      // A code needs a dictionary, even where it does not matter.
      if (dictionary_.empty()) dictionary_.emplace_back();
      for (std::string& text : dictionary_) {
        column.mutable_strings()->add_dictionary(std::move(text));
      }
      column.mutable_strings()->set_codes(std::move(values_));
      break;
    case ValueType::kTimes:
      column.set_times(std::move(values_));
      break;
    default:
      column.set_doubles(std::move(values_));
      break;
  }
  rows_ = missing_ = 0;
  validity_.clear();
  values_.clear();
  dictionary_.clear();
  codes_.clear();
  new_text_.reset();
  return column;
}

}  // namespace advae
