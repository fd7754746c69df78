#include "client/cli/sent_rows.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/row_source.h"

namespace advae {
namespace {

// The fewest digits that give the number again.
std::string Shortest(float value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

// As it was written, not as the nearest double: 0.1, not 0.10000000149011612.
Json ShortFloat(float value) {
  double exact = value;
  if (std::isfinite(value)) std::ignore = absl::SimpleAtod(Shortest(value), &exact);
  return exact;
}

// The bytes of element `i` of a buffer of values.
template <typename Value>
std::string ElementOf(const std::string& buffer, size_t i) {
  return buffer.substr(i * sizeof(Value), sizeof(Value));
}

bool BitAt(const std::string& bits, size_t i) { return ((bits[i / 8] >> (i % 8)) & 1) != 0; }

// Bit `i` of a bitmap as a bitmap of its own.
std::string BitOf(const std::string& bits, size_t i) {
  return std::string(1, BitAt(bits, i) ? '\1' : '\0');
}

v1::StringValues TextOf(const v1::StringValues& strings, size_t i) {
  int32_t code = 0;
  std::memcpy(&code, strings.codes().data() + i * sizeof(code), sizeof(code));
  v1::StringValues text;
  text.add_dictionary(strings.dictionary(code));
  text.set_codes(std::string(sizeof(code), '\0'));
  return text;
}

v1::TableColumn CellOf(const v1::TableColumn& column, size_t i) {
  v1::TableColumn cell;
  cell.set_name(column.name());
  if (!column.validity().empty()) cell.set_validity(BitOf(column.validity(), i));
  if (column.has_doubles()) cell.set_doubles(ElementOf<double>(column.doubles(), i));
  if (column.has_bools()) cell.set_bools(BitOf(column.bools(), i));
  if (column.has_times()) cell.set_times(ElementOf<int64_t>(column.times(), i));
  if (column.has_strings()) *cell.mutable_strings() = TextOf(column.strings(), i);
  return cell;
}

std::optional<double> NumberIn(const v1::Table& table, const std::string& name, size_t i) {
  for (const v1::TableColumn& column : table.columns()) {
    if (column.name() != name || !column.has_doubles()) continue;
    if (!column.validity().empty() && !BitAt(column.validity(), i)) return std::nullopt;
    double number = 0;
    std::memcpy(&number, column.doubles().data() + i * sizeof(number), sizeof(number));
    return number;
  }
  return std::nullopt;
}

std::string Shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number() ? absl::StrFormat("%.6g", value.get<double>()) : "?";
}

}  // namespace

SentRows SentRows::Of(DataSet data, bool keep_values) {
  SentRows rows{.labels = std::move(data.labels),
                .keys = std::move(data.keys),
                .row_numbers = std::move(data.row_numbers)};
  if (keep_values) rows.matrix = std::move(data.rows);
  return rows;
}

SentRows SentRows::Of(TableRows data, bool keep_values) {
  SentRows rows{.labels = std::move(data.labels),
                .keys = std::move(data.keys),
                .row_numbers = std::move(data.row_numbers)};
  if (keep_values) rows.table = std::move(data.table);
  return rows;
}

SentRows SentRows::Row(size_t i) const {
  SentRows row{.row_numbers = {row_numbers[i]}};
  if (!labels.empty()) row.labels = {labels[i]};
  const auto width = static_cast<std::ptrdiff_t>(keys.size() / row_numbers.size());
  const auto first_key = keys.begin() + static_cast<std::ptrdiff_t>(i) * width;
  row.keys.assign(first_key, first_key + width);
  row.matrix.columns = matrix.columns;
  if (matrix.columns > 0) {
    const std::span<const float> values = matrix.row(i);
    row.matrix.values.assign(values.begin(), values.end());
  }
  if (table.rows() > 0) row.table.set_rows(1);
  for (const v1::TableColumn& column : table.columns()) {
    *row.table.add_columns() = CellOf(column, i);
  }
  return row;
}

void SentRows::AssignTo(v1::ScoreRequest& request) const {
  if (table.rows() > 0) {
    *request.mutable_table() = table;
  } else {
    AssignRows(matrix.view(), *request.mutable_rows());
  }
}

Json SentRows::ValueOf(size_t i, const v1::FeatureContribution& part) const {
  if (part.missing()) return {};
  if (!part.value().empty()) return part.value();
  if (table.rows() == 0 && part.feature() < matrix.columns) {
    return ShortFloat(matrix.row(i)[part.feature()]);
  }
  const std::optional<double> number = NumberOf(i, part.feature(), part.name());
  return number ? Json(*number) : Json();
}

std::optional<double> SentRows::NumberOf(size_t i, uint32_t feature,
                                         const std::string& name) const {
  std::optional<double> number;
  if (table.rows() > 0) {
    number = NumberIn(table, name, i);
  } else if (feature < matrix.columns) {
    number = matrix.row(i)[feature];
  }
  return number && std::isnan(*number) ? std::nullopt : number;
}

Json ExpectedValue(const v1::FeatureContribution& part) {
  return part.expected_value().empty() ? Json(part.expected()) : Json(part.expected_value());
}

std::string ContributionText(const v1::FeatureContribution& part, const Json& value, double score) {
  const std::string share =
      absl::StrFormat("%.0f %%", score > 0 ? 100 * part.contribution() / score : 0);
  if (part.missing()) return absl::StrCat(part.name(), " is missing: ", share);
  return absl::StrCat(part.name(), " = ", Shown(value), ": ", share, ", expected ",
                      Shown(ExpectedValue(part)));
}

}  // namespace advae
