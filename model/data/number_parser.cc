#include "model/data/number_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace advae {
namespace {

constexpr std::string_view kMinusSign = "\u2212";
constexpr absl::string_view kUsualMissingMarks[] = {
    "", "?", "-", "na", "n/a", "<na>", "#n/a", "nan", "nat", "nil", "none", "null", "\\n"};
// No-break space, narrow no-break space, thin space, figure space, byte order mark.
constexpr std::string_view kWideBlanks[] = {"\u00A0", "\u202F", "\u2009", "\u2007", "\uFEFF"};

// What std::from_chars takes for NaN, as C does, ends so: nan(1) or -nan(ind). Here they are texts.
constexpr char kNanPayloadEnd = ')';

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsAscii(char c) { return absl::ascii_isascii(static_cast<unsigned char>(c)); }
bool IsLetter(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }

bool ParseBeyondRange(std::string_view text, float* value) {
  return absl::SimpleAtof(Absl(text), value);
}
bool ParseBeyondRange(std::string_view text, double* value) {
  return absl::SimpleAtod(Absl(text), value);
}

// A decimal number with a point, and with an optional sign; beyond the range of Number infinite.
template <typename Number>
std::optional<Number> ParseDecimal(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Number value;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, value);
  if (parsed != end || error == std::errc::invalid_argument || text.ends_with(kNanPayloadEnd)) {
    return std::nullopt;
  }
  if (error == std::errc::result_out_of_range && !ParseBeyondRange(text, &value)) {
    return std::nullopt;
  }
  return value;
}

std::string_view Unsigned(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text;
}

size_t DigitsAtStart(std::string_view text) {
  return static_cast<size_t>(std::ranges::find_if_not(text, IsDigit) - text.begin());
}

// Whether a number with one comma may have it between its thousands: 1,234.
bool MayBeThousands(std::string_view text) {
  text = Unsigned(text);
  const size_t digits = DigitsAtStart(text);
  const std::string_view rest = text.substr(std::min(digits + 1, text.size()));
  return digits >= 1 && digits <= 3 && text.front() != '0' && rest.size() == 3 &&
         DigitsAtStart(rest) == 3;
}

// Whether a number has separators between groups of three digits: 1,234.5 or 1 234.
bool HasThousandsSeparators(std::string_view text) {
  text = Unsigned(text);
  constexpr std::string_view kSeparators[] = {",", ".", " ", "'", "\u00A0", "\u202F", "\u2009"};
  for (const std::string_view separator : kSeparators) {
    std::string_view rest = text;
    const size_t first = DigitsAtStart(rest);
    if (first < 1 || first > 3) return false;
    rest.remove_prefix(first);
    size_t groups = 0;
    while (rest.starts_with(separator) && DigitsAtStart(rest.substr(separator.size())) == 3) {
      rest.remove_prefix(separator.size() + 3);
      ++groups;
    }
    const bool has_mark = rest.starts_with('.') || rest.starts_with(',');
    const bool has_end =
        rest.empty() || (has_mark && DigitsAtStart(rest.substr(1)) + 1 == rest.size());
    if (groups > 0 && has_end) return true;
  }
  return false;
}

bool IsMoney(std::string_view text) {
  constexpr std::string_view kSymbols[] = {"$", "\u20AC", "\u00A3", "\u00A5", "USD", "EUR", "GBP"};
  return std::ranges::any_of(kSymbols, [&](std::string_view symbol) {
    return Unsigned(text).starts_with(symbol) || text.ends_with(symbol);
  });
}

bool IsHexadecimal(std::string_view text) {
  text = Unsigned(text);
  return text.size() > 2 && (text.starts_with("0x") || text.starts_with("0X")) &&
         std::ranges::all_of(text.substr(2), [](char c) {
           return absl::ascii_isxdigit(static_cast<unsigned char>(c));
         });
}

bool IsTruthValue(std::string_view text) {
  constexpr absl::string_view kWords[] = {"true", "false", "yes", "no", "t", "f", "y", "n"};
  return std::ranges::any_of(
      kWords, [&](absl::string_view word) { return absl::EqualsIgnoreCase(Absl(text), word); });
}

// Digits in groups: 2026-01-02 has three, with '-' between them.
struct DigitGroups {
  size_t count = 0;
  char separator = 0;
  std::string_view rest;
};

DigitGroups TakeGroups(std::string_view text) {
  DigitGroups groups;
  for (;;) {
    const size_t digits = DigitsAtStart(text);
    if (digits == 0) return {};
    ++groups.count;
    text.remove_prefix(digits);
    groups.rest = text;
    if (text.empty() || !absl::StrContains("-/.:", text.front())) return groups;
    if (groups.separator != 0 && text.front() != groups.separator) return groups;
    groups.separator = text.front();
    text.remove_prefix(1);
  }
}

}  // namespace

std::string_view WithoutBlanks(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  if (text.empty() || (IsAscii(text.front()) && IsAscii(text.back()))) return text;
  for (const std::string_view blank : kWideBlanks) {
    if (text.starts_with(blank)) return WithoutBlanks(text.substr(blank.size()));
    if (text.ends_with(blank)) return WithoutBlanks(text.substr(0, text.size() - blank.size()));
  }
  return text;
}

bool IsDateOrTime(std::string_view cell) {
  const std::string_view text = WithoutBlanks(cell);
  const DigitGroups first = TakeGroups(text);
  const bool is_date = first.count == 3 && first.separator != ':';
  const bool is_time = first.count >= 2 && first.separator == ':';
  if (!is_date && !is_time) return false;
  if (first.rest.empty() || is_time) return true;
  return IsSpace(first.rest.front()) || first.rest.front() == 'T' || first.rest.front() == 't';
}

bool IsUsualMissingMark(std::string_view text) {
  return std::ranges::any_of(kUsualMissingMarks, [&](absl::string_view mark) {
    return absl::EqualsIgnoreCase(Absl(text), mark);
  });
}

void MissingMarks::Add(std::string_view mark) {
  const std::string_view text = WithoutBlanks(mark);
  texts_.emplace_back(text);
  if (const auto number = ParseDecimal<double>(text)) numbers_.push_back(*number);
}

bool MissingMarks::HasText(std::string_view text) const {
  if (texts_.empty()) return false;
  text = WithoutBlanks(text);
  return std::ranges::any_of(texts_, [&](const std::string& mark) {
    return absl::EqualsIgnoreCase(Absl(text), Absl(mark));
  });
}

NumberParser::NumberParser(const NumberOptions& options)
    : decimal_mark_(options.decimal_mark),
      comma_is_likely_(options.comma_is_likely),
      missing_(options.missing) {}

bool NumberParser::IsMissing(std::string_view cell) const {
  const std::string_view text = WithoutBlanks(cell);
  return IsUsualMissingMark(text) || missing_.HasText(text);
}

template <typename Number>
std::optional<Number> NumberParser::ParseCell(std::string_view cell) {
  // The ordinary case, for speed.
  if (decimal_mark_ == DecimalMark::kPoint && !missing_.has_numbers()) {
    Number value;
    const char* const end = cell.data() + cell.size();
    const auto [parsed, error] = std::from_chars(cell.data(), end, value);
    if (parsed == end && error == std::errc() && !cell.ends_with(kNanPayloadEnd)) return value;
  }
  constexpr Number kMissing = std::numeric_limits<Number>::quiet_NaN();
  const std::string_view text = WithoutBlanks(cell);
  if (text.empty()) return kMissing;
  std::optional<Number> number = ParseText<Number>(text);
  if (!number && text.starts_with(kMinusSign)) {
    number = ParseText<Number>(absl::StrCat("-", Absl(text.substr(kMinusSign.size()))));
  }
  if (number && missing_.HasNumber(*number)) return kMissing;
  if (!number && IsMissing(text)) return kMissing;
  return number;
}

template std::optional<float> NumberParser::ParseCell(std::string_view cell);
template std::optional<double> NumberParser::ParseCell(std::string_view cell);

template <typename Number>
std::optional<Number> NumberParser::ParseText(std::string_view text) {
  if (decimal_mark_ == DecimalMark::kPoint) return ParseDecimal<Number>(text);
  if (text.find(',') != std::string_view::npos) return ParseWithComma<Number>(text);
  const bool has_point = text.find('.') != std::string_view::npos;
  if (has_point && decimal_mark_ == DecimalMark::kComma) return std::nullopt;
  const std::optional<Number> number = ParseDecimal<Number>(text);
  if (has_point && number) decimal_mark_ = DecimalMark::kPoint;
  return number;
}

template <typename Number>
std::optional<Number> NumberParser::ParseWithComma(std::string_view text) {
  if (text.find('.') != std::string_view::npos || std::ranges::count(text, ',') != 1)
    return std::nullopt;
  if (!decimal_mark_ && !comma_is_likely_ && MayBeThousands(text)) return std::nullopt;
  const std::string with_point = absl::StrReplaceAll(Absl(text), {{",", "."}});
  const std::optional<Number> number = ParseDecimal<Number>(with_point);
  if (number) decimal_mark_ = DecimalMark::kComma;
  return number;
}

bool NumberParser::IsAmbiguous(std::string_view text) const {
  return !decimal_mark_ && std::ranges::count(text, ',') == 1 && MayBeThousands(text);
}

bool NumberParser::HasOtherDecimalMark(std::string_view text) const {
  if (!decimal_mark_) return false;
  NumberParser other({.decimal_mark = decimal_mark_ == DecimalMark::kComma ? DecimalMark::kPoint
                                                                           : DecimalMark::kComma});
  const std::optional<float> number = other.Parse(text);
  return number && !std::isnan(*number) &&
         !(decimal_mark_ == DecimalMark::kPoint && MayBeThousands(text));
}

bool NumberParser::IsFormattedNumber(std::string_view cell) const {
  const std::string_view text = WithoutBlanks(cell);
  if (std::ranges::none_of(text, IsDigit)) return false;
  return text.ends_with('%') || IsMoney(text) || IsAmbiguous(text) || HasOtherDecimalMark(text) ||
         HasThousandsSeparators(text);
}

std::string NumberParser::Describe(std::string_view cell) const {
  const std::string_view text = WithoutBlanks(cell);
  if (IsDateOrTime(text)) return "a date or time";
  if (IsTruthValue(text)) return "a truth value; expected 1 or 0";
  if (IsHexadecimal(text)) return "hexadecimal; expected a decimal number";
  if (text.ends_with('%')) return "a percentage; expected the number alone";
  if (IsMoney(text)) return "an amount of money; expected the number alone";
  if (IsAmbiguous(text)) {
    return "it may have a decimal comma or thousands separators; say --decimal=comma or "
           "--decimal=point";
  }
  if (HasOtherDecimalMark(text)) {
    return decimal_mark_ == DecimalMark::kPoint
               ? "it has a decimal comma; expected a point, as other numbers of the file have"
               : "it has a decimal point; expected a comma, as other numbers of the file have";
  }
  if (HasThousandsSeparators(text)) {
    return "it has thousands separators; expected such as 1234.5";
  }
  const std::string_view digits = Unsigned(text);
  if (!digits.empty() && IsDigit(digits.front()) && std::ranges::any_of(digits, IsLetter)) {
    return "there is text after the number; expected the number alone";
  }
  return "";
}

std::string_view DescribeNotFinite(std::string_view cell) {
  return std::ranges::any_of(cell, IsDigit) ? " (beyond 3.4e38)" : " (infinite)";
}

}  // namespace advae
