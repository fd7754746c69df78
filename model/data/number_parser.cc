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

std::optional<DecimalMark> MarkOf(std::string_view character) {
  if (character == ".") return DecimalMark::kPoint;
  if (character == ",") return DecimalMark::kComma;
  return std::nullopt;
}

DecimalMark OtherMark(DecimalMark mark) {
  return mark == DecimalMark::kPoint ? DecimalMark::kComma : DecimalMark::kPoint;
}

// A number whose thousands are separated, such as 1,234.5 or 1 234.
struct GroupedNumber {
  std::string whole;           // sign and digits, without separators
  std::string_view separator;  // another one than the decimal mark
  size_t separators = 0;       // at least one
  std::string_view fraction;   // with its decimal mark; empty when there is none
};

// Whether a text is an address such as 192.168.100.200, whose groups may have three digits, too.
bool IsIpAddress(std::string_view text) {
  constexpr int kLargest = 255;
  size_t groups = 0;
  for (;; text.remove_prefix(1)) {
    int group = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), group);
    if (error != std::errc() || group > kLargest) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    ++groups;
    if (text.empty()) return groups == 4;
    if (text.front() != '.') return false;
  }
}

std::optional<GroupedNumber> SplitThousands(std::string_view text) {
  constexpr std::string_view kSeparators[] = {",",      ".",      " ",      "'",
                                              "\u2019", "\u00A0", "\u202F", "\u2009"};
  const std::string_view digits = Unsigned(text);
  const size_t first = DigitsAtStart(digits);
  if (first < 1 || first > 3 || digits.front() == '0') return std::nullopt;
  std::string_view rest = digits.substr(first);
  const auto* const found = std::ranges::find_if(
      kSeparators, [rest](std::string_view separator) { return rest.starts_with(separator); });
  if (found == std::end(kSeparators)) return std::nullopt;
  GroupedNumber number = {.whole = std::string(text.substr(0, text.size() - rest.size())),
                          .separator = *found,
                          .separators = 0,
                          .fraction = {}};
  while (rest.starts_with(*found) && DigitsAtStart(rest.substr(found->size())) == 3) {
    number.whole += rest.substr(found->size(), 3);
    rest.remove_prefix(found->size() + 3);
    ++number.separators;
  }
  number.fraction = rest;
  const bool has_fraction = !rest.empty() && MarkOf(rest.substr(0, 1)) &&
                            !rest.starts_with(*found) &&
                            DigitsAtStart(rest.substr(1)) + 1 == rest.size();
  if (number.separators == 0 || !(rest.empty() || has_fraction)) return std::nullopt;
  if (IsIpAddress(text)) return std::nullopt;
  return number;
}

// Whether the one mark of a number may be a decimal mark or separate its thousands: 1,234.
bool IsAmbiguous(const GroupedNumber& number) {
  return MarkOf(number.separator) && number.separators == 1 && number.fraction.empty();
}

// `text` with a point as its decimal mark, and without separators between its thousands. Unset: it
// has others than numbers with this mark, or none, have.
std::optional<std::string> WithPoint(std::string_view text, std::optional<DecimalMark> mark) {
  std::string plain(text);
  const std::optional<GroupedNumber> number = SplitThousands(text);
  if (number && (!mark || MarkOf(number->separator) != mark)) {
    if (!mark && IsAmbiguous(*number)) return std::nullopt;
    plain = absl::StrCat(number->whole, Absl(number->fraction));
  }
  const char other = mark == DecimalMark::kComma ? '.' : ',';
  if (plain.find(other) != std::string::npos) return std::nullopt;
  if (mark != DecimalMark::kComma) return plain;
  if (std::ranges::count(plain, ',') > 1) return std::nullopt;
  std::ranges::replace(plain, ',', '.');
  return plain;
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

std::optional<DecimalMark> ShownDecimalMark(std::string_view cell) {
  const std::string_view text = WithoutBlanks(cell);
  if (const std::optional<GroupedNumber> number = SplitThousands(text)) {
    if (IsAmbiguous(*number)) return std::nullopt;
    if (const auto separator = MarkOf(number->separator)) return OtherMark(*separator);
    return MarkOf(number->fraction.substr(0, 1));
  }
  for (const DecimalMark mark : {DecimalMark::kPoint, DecimalMark::kComma}) {
    if (text.find(mark == DecimalMark::kPoint ? '.' : ',') == std::string_view::npos) continue;
    const std::optional<std::string> with_point = WithPoint(text, mark);
    if (with_point && ParseDecimal<double>(*with_point)) return mark;
  }
  return std::nullopt;
}

bool MayHaveThousands(std::string_view cell) {
  const std::optional<GroupedNumber> number = SplitThousands(WithoutBlanks(cell));
  return number && IsAmbiguous(*number);
}

std::string_view UnitOf(std::string_view cell) {
  constexpr std::string_view kSigns[] = {"%", "\u00B0", "\u00B5", "\u03BC", "\u2103"};
  constexpr size_t kMostBytes = 12;
  const std::string_view text = WithoutBlanks(cell);
  const std::string_view digits = Unsigned(text);
  if (digits.empty() || !IsDigit(digits.front())) return "";
  const auto* const end =
      std::ranges::find_if_not(digits, [](char c) { return IsDigit(c) || c == '.' || c == ','; });
  const std::string_view unit =
      WithoutBlanks(digits.substr(static_cast<size_t>(end - digits.begin())));
  const bool starts_as_unit =
      !unit.empty() &&
      (IsLetter(unit.front()) || std::ranges::any_of(kSigns, [unit](std::string_view sign) {
         return unit.starts_with(sign);
       }));
  const bool is_unit = starts_as_unit && unit.size() <= kMostBytes &&
                       std::ranges::none_of(unit, [](char c) { return IsSpace(c); });
  return is_unit ? unit : "";
}

NumberParser::NumberParser(const NumberOptions& options)
    : decimal_mark_(options.decimal_mark),
      comma_is_likely_(options.comma_is_likely),
      usual_mark_(options.usual_mark),
      missing_(options.missing) {}

bool NumberParser::IsMissing(std::string_view cell) const {
  const std::string_view text = WithoutBlanks(cell);
  return IsUsualMissingMark(text) || missing_.HasText(text);
}

template <typename Number>
std::optional<Number> NumberParser::ParseCell(std::string_view cell) {
  // The ordinary case, for speed: also a number without a mark.
  const bool is_ordinary =
      decimal_mark_ == DecimalMark::kPoint || cell.find('.') == std::string_view::npos;
  if (is_ordinary && !missing_.has_numbers()) {
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
  const std::optional<DecimalMark> mark = decimal_mark_ ? decimal_mark_ : MarkIn(text);
  if (mark == DecimalMark::kPoint) {
    if (const std::optional<Number> number = ParseDecimal<Number>(text)) {
      decimal_mark_ = mark;
      return number;
    }
  }
  const std::optional<std::string> with_point = WithPoint(text, mark);
  if (!with_point) return std::nullopt;
  const std::optional<Number> number = ParseDecimal<Number>(*with_point);
  if (number) decimal_mark_ = mark;
  return number;
}

std::optional<DecimalMark> NumberParser::MarkIn(std::string_view text) const {
  if (const std::optional<GroupedNumber> number = SplitThousands(text);
      number && IsAmbiguous(*number)) {
    if (usual_mark_) return usual_mark_;
    if (number->separator == ".") return DecimalMark::kPoint;
    return comma_is_likely_ ? std::optional(DecimalMark::kComma) : std::nullopt;
  }
  return ShownDecimalMark(text);
}

bool NumberParser::HasOtherDecimalMark(std::string_view text) const {
  if (!decimal_mark_) return false;
  const std::optional<float> number =
      NumberParser({.decimal_mark = OtherMark(*decimal_mark_)}).Parse(text);
  return number && !std::isnan(*number);
}

bool NumberParser::IsFormattedNumber(std::string_view cell) const {
  const std::string_view text = WithoutBlanks(cell);
  if (std::ranges::none_of(text, IsDigit)) return false;
  return text.ends_with('%') || IsMoney(text) || MayHaveThousands(text) ||
         HasOtherDecimalMark(text);
}

std::string NumberParser::Describe(std::string_view cell) const {
  const std::string_view text = WithoutBlanks(cell);
  if (IsDateOrTime(text)) return "a date or time";
  if (IsTruthValue(text)) return "a truth value; expected 1 or 0";
  if (IsHexadecimal(text)) return "hexadecimal; expected a decimal number";
  if (text.ends_with('%')) return "a percentage; expected the number alone";
  if (IsMoney(text)) return "an amount of money; expected the number alone";
  if (!decimal_mark_ && MayHaveThousands(text)) {
    return "it may have a decimal comma or thousands separators; say --decimal=comma or "
           "--decimal=point";
  }
  if (HasOtherDecimalMark(text)) {
    return decimal_mark_ == DecimalMark::kPoint
               ? "it is written with a decimal comma; expected a decimal point, as other numbers "
                 "of the file have"
               : "it is written with a decimal point; expected a decimal comma, as other numbers "
                 "of the file have";
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
