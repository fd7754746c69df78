#include "server/http_api/score_json.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/decimal_text.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/data/column_selection.h"
#include "model/data/number_parser.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/time_parser.h"
#include "model/table/truth_value.h"
#include "server/base/shown_text.h"
#include "server/http/json_text.h"
#include "server/http_api/json_body.h"
#include "server/http_api/leased_text.h"
#include "server/inference/score_response.h"

namespace advae {
namespace {

using Json = nlohmann::json;
// For what is written in an order that reads well. It looks its members up one by one: not for what
// others send.
using OrderedJson = nlohmann::ordered_json;

absl::Status Invalid(const std::string& what, const std::string& expected) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": expected ", expected));
}

// Of a cell of a table or matrix, with what it grows by.
constexpr uint64_t kCellBytes = 24;

// About row `i`; `what` follows its name.
absl::Status InvalidRow(size_t i, const std::string& what, const std::string& expected) {
  const std::string row = absl::StrCat("rows[", i, "]");
  return AtField(Invalid(absl::StrCat(row, what), expected), row);
}

template <typename T>
void Append(T value, std::string& buffer) {
  buffer.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AppendBit(size_t row, bool bit, std::string& bits) {
  if (row % 8 == 0) bits += '\0';
  if (bit) bits.back() = static_cast<char>(bits.back() | (1 << (row % 8)));
}

// A feature's or key's column of the table that rows become, cell by cell.
class ColumnBuilder {
 public:
  // Column `index` of the encoder's schema.
  ColumnBuilder(const TableEncoder& encoder, uint32_t index)
      : encoder_(encoder),
        index_(index),
        schema_(encoder.schema().columns(static_cast<int>(index))),
        // The values of a key are texts, whatever they are.
        kind_(schema_.role() == v1::COLUMN_ROLE_KEY ? v1::COLUMN_KIND_CATEGORY : schema_.kind()),
        times_(schema_.time()) {}

  const std::string& name() const { return schema_.name(); }

  // `cell` is null for a missing value. False when it is of another kind.
  bool Add(const Json* cell) {
    const bool has_value = cell != nullptr && !cell->is_null() && !IsMark(*cell);
    AppendBit(rows_, has_value, validity_);
    is_complete_ = is_complete_ && has_value;
    const bool added = AddValue(has_value ? cell : nullptr);
    ++rows_;
    return added;
  }
  // What was expected of `cell`, which Add has refused.
  std::string Expected(const Json& cell) const {
    if (kind_ != v1::COLUMN_KIND_TIME || !cell.is_string()) return Expected();
    return absl::StrCat(Expected(), "; the text ",
                        times_.Describe(cell.get_ref<const std::string&>()));
  }

  v1::TableColumn Take() {
    v1::TableColumn column;
    column.set_name(schema_.name());
    if (!is_complete_) column.set_validity(std::move(validity_));
    switch (kind_) {
      case v1::COLUMN_KIND_BOOLEAN:
        column.set_bools(std::move(values_));
        break;
      case v1::COLUMN_KIND_CATEGORY:
        strings_.set_codes(std::move(values_));
        *column.mutable_strings() = std::move(strings_);
        break;
      case v1::COLUMN_KIND_TIME:
        column.set_times(std::move(values_));
        break;
      default:
        column.set_doubles(std::move(values_));
    }
    return column;
  }

 private:
  const char* Expected() const {
    switch (kind_) {
      case v1::COLUMN_KIND_BOOLEAN:
        return "true or false, \"yes\" or \"no\", 1 or 0, or null";
      case v1::COLUMN_KIND_CATEGORY:
        return "a text, a number, true, false or null";
      case v1::COLUMN_KIND_TIME:
        return "a date or time such as \"2026-11-28T10:29:14Z\", a number of seconds since "
               "1970-01-01T00:00:00Z, or null";
      default:
        return "a number or null";
    }
  }

  // As in a file, a text that marks a missing cell is none, unless training has met it as a
  // category.
  bool IsMark(const Json& cell) {
    if (!cell.is_string() || schema_.role() == v1::COLUMN_ROLE_KEY) return false;
    const std::string_view text = WithoutBlanks(cell.get_ref<const std::string&>());
    if (!IsUsualMissingMark(text) && !encoder_.missing_marks().HasText(text)) return false;
    return !IsListed(text);
  }
  bool IsListed(std::string_view text) {
    if (listed_.empty()) {
      for (const v1::CategoryCount& category : schema_.category().categories()) {
        listed_.insert(category.category());
      }
    }
    return listed_.contains(text);
  }

  bool AddValue(const Json* cell) {
    switch (kind_) {
      case v1::COLUMN_KIND_BOOLEAN:
        return AddBoolean(cell);
      case v1::COLUMN_KIND_CATEGORY:
        return AddCategory(cell);
      case v1::COLUMN_KIND_TIME:
        return AddTime(cell);
      default:
        if (cell != nullptr && !cell->is_number()) return false;
        Append(cell == nullptr ? std::numeric_limits<double>::quiet_NaN() : cell->get<double>(),
               values_);
        return true;
    }
  }

  bool AddBoolean(const Json* cell) {
    std::optional<bool> truth;
    if (cell == nullptr) {
      truth = false;
    } else if (cell->is_string()) {
      truth = ParseTruth(cell->get_ref<const std::string&>());
    } else if (cell->is_boolean()) {
      truth = cell->get<bool>();
    } else if (*cell == 0 || *cell == 1) {
      truth = *cell == 1;
    }
    AppendBit(rows_, truth.value_or(false), values_);
    return truth.has_value();
  }

  bool AddCategory(const Json* cell) {
    std::string text;
    if (cell == nullptr) {
    } else if (cell->is_string()) {
      text = cell->get_ref<const std::string&>();
      const std::string_view plain = WithoutBlanks(text);
      if (plain.size() < text.size() && !IsListed(text)) text = std::string(plain);
    } else if (cell->is_boolean()) {
      text = CategoryOf(cell->get<bool>() ? "true" : "false", ValueType::kBools);
    } else if (cell->is_number()) {
      text = CategoryOfNumber(*cell);
    } else {
      return false;
    }
    const auto [entry, is_new] = codes_.emplace(text, strings_.dictionary_size());
    if (is_new) strings_.add_dictionary(text);
    Append(entry->second, values_);
    return true;
  }

  std::string CategoryOf(std::string text, ValueType type) const {
    return encoder_.ListedCategory(index_, text, type).value_or(std::move(text));
  }
  // A whole number may be listed in full, or as a number with a fraction would be.
  std::string CategoryOfNumber(const Json& number) const {
    if (number.is_number_integer()) {
      const std::string whole = number.dump();
      if (schema_.role() == v1::COLUMN_ROLE_KEY) return whole;
      if (auto category = encoder_.ListedCategory(index_, whole, ValueType::kDoubles)) {
        return *category;
      }
    }
    return CategoryOf(DecimalText(number.get<double>()), ValueType::kDoubles);
  }

  bool AddTime(const Json* cell) {
    std::optional<int64_t> time;
    if (cell == nullptr) {
      time = 0;
    } else if (cell->is_number()) {
      time = TimeOfNumber(cell->get<double>());
    } else if (cell->is_string()) {
      time = times_.Parse(cell->get_ref<const std::string&>());
    }
    Append(time.value_or(0), values_);
    return time.has_value();
  }

  const TableEncoder& encoder_;
  const uint32_t index_;
  const v1::ColumnSchema& schema_;
  const v1::ColumnKind kind_;
  const TimeParser times_;
  std::set<std::string_view> listed_;  // categories; empty until one is looked for
  size_t rows_ = 0;
  bool is_complete_ = true;
  std::string validity_;
  std::string values_;
  v1::StringValues strings_;
  std::map<std::string, int32_t> codes_;
};

// Finds columns by the names that rows have for them (ColumnRoles).
class ColumnNames {
 public:
  explicit ColumnNames(std::vector<std::string> names) : names_(std::move(names)) {
    for (size_t i = 0; i < names_.size(); ++i) {
      exact_.emplace(names_[i], i);
      plain_.emplace(PlainName(names_[i]), i);
    }
  }

  // The column for member `name` of row `i`.
  absl::StatusOr<size_t> Find(size_t i, const std::string& name) const {
    if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
    if (const auto found = plain_.find(PlainName(name)); found != plain_.end()) {
      return found->second;
    }
    const std::string row = absl::StrCat("rows[", i, "]");
    return AtField(
        absl::InvalidArgumentError(absl::StrCat(row, ": the model has ", NoColumn({name}, names_))),
        row);
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, size_t, std::less<>> exact_;
  std::map<std::string, size_t> plain_;
};

// The cells of row `i` by the columns of `names`; null where it has none.
absl::Status FindCells(size_t i, const Json& row, const ColumnNames& names,
                       std::vector<const Json*>& cells) {
  if (!row.is_object()) return InvalidRow(i, "", "an object");
  std::ranges::fill(cells, nullptr);
  for (const auto& [name, cell] : row.items()) {
    ADVAE_ASSIGN_OR_RETURN(const size_t column, names.Find(i, name));
    if (cells[column] != nullptr) {
      return InvalidRow(i, absl::StrCat(" has \"", ShownText(name), "\" twice"),
                        "each column once");
    }
    cells[column] = &cell;
  }
  return absl::OkStatus();
}

// As a table of the features and keys; other columns may have any values.
absl::Status TakeTable(const Json& rows, const TableEncoder& encoder, v1::Table& table) {
  std::vector<std::string> all;
  std::vector<std::pair<size_t, ColumnBuilder>> builders;  // with the column in the schema
  for (const v1::ColumnSchema& column : encoder.schema().columns()) {
    const size_t index = all.size();
    all.push_back(column.name());
    if (column.role() != v1::COLUMN_ROLE_FEATURE && column.role() != v1::COLUMN_ROLE_KEY) continue;
    builders.emplace_back(index, ColumnBuilder(encoder, static_cast<uint32_t>(index)));
  }
  const ColumnNames names(all);
  std::vector<const Json*> cells(all.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    ADVAE_RETURN_IF_ERROR(FindCells(i, rows[i], names, cells));
    for (auto& [index, builder] : builders) {
      if (builder.Add(cells[index])) continue;
      return InvalidRow(i, absl::StrCat(", \"", ShownText(builder.name()), "\""),
                        builder.Expected(*cells[index]));
    }
  }
  table.set_rows(static_cast<uint32_t>(rows.size()));
  for (auto& [index, builder] : builders) *table.add_columns() = builder.Take();
  return absl::OkStatus();
}

// As a matrix, for a version without a schema.
absl::Status TakeMatrix(const Json& rows, const v1::VersionInfo& info, v1::Matrix& matrix) {
  std::vector<std::string> features;
  for (const v1::Feature& feature : info.features()) features.push_back(feature.name());
  const ColumnNames names(features);
  std::vector<const Json*> cells(features.size());
  const int columns = info.features_size();
  matrix.set_columns(static_cast<uint32_t>(columns));
  const size_t count = rows.size() * static_cast<size_t>(columns);
  if (count > std::numeric_limits<int>::max()) {
    return AtField(Invalid("rows", "at most 2^31 - 1 values"), "rows");
  }
  matrix.mutable_values()->Resize(static_cast<int>(count), std::numeric_limits<float>::quiet_NaN());
  float* values = matrix.mutable_values()->mutable_data();  // of a row
  for (size_t i = 0; i < rows.size(); ++i, values += columns) {
    ADVAE_RETURN_IF_ERROR(FindCells(i, rows[i], names, cells));
    for (size_t j = 0; j < cells.size(); ++j) {
      if (cells[j] == nullptr || cells[j]->is_null()) continue;
      if (!cells[j]->is_number()) {
        return InvalidRow(i, absl::StrCat(", \"", ShownText(features[j]), "\""),
                          "a number or null");
      }
      values[j] = static_cast<float>(cells[j]->get<double>());
    }
  }
  return absl::OkStatus();
}

absl::Status TakeOptions(const Json& json, v1::ScoreRequest& request) {
  for (const auto& [name, value] : json.items()) {
    if (name == "rows") continue;
    if (name == "alpha") {
      if (!value.is_number()) return AtField(Invalid("alpha", "a number"), "alpha");
      request.set_alpha(value.get<double>());
    } else if (name == "version" || name == "top_features") {
      if (!value.is_number_unsigned() ||
          value.get<uint64_t>() > std::numeric_limits<uint32_t>::max()) {
        return AtField(Invalid(name, "a whole number"), name);
      }
      if (name == "version") request.set_version(value.get<uint64_t>());
      if (name == "top_features") request.set_top_features(value.get<uint32_t>());
    } else {
      return Invalid(absl::StrCat("the body has \"", ShownText(name), "\""),
                     "rows, alpha, version and top_features");
    }
  }
  return absl::OkStatus();
}

OrderedJson ExplanationOf(const v1::Explanation& explanation) {
  OrderedJson contributions = OrderedJson::array();
  for (const v1::FeatureContribution& contribution : explanation.contributions()) {
    OrderedJson json = {{"name", contribution.name()},
                        {"contribution", contribution.contribution()}};
    if (contribution.expected_value().empty()) {
      json["expected"] = JsonNumber(contribution.expected());
    } else {
      json["expected"] = contribution.expected_value();
    }
    if (contribution.missing()) json["missing"] = true;
    contributions.push_back(std::move(json));
  }
  return contributions;
}

}  // namespace

absl::Status ParseScoreRequest(const HttpRequest& http, const std::string& model,
                               const ScoreResources& scoring, MemoryLease& lease,
                               v1::ScoreRequest& request) {
  ADVAE_RETURN_IF_ERROR(CheckQuery(http, {}));
  ADVAE_ASSIGN_OR_RETURN(const Json json, ParseJsonObject(http.body, lease));
  ADVAE_RETURN_IF_ERROR(TakeOptions(json, request));
  const auto rows = json.find("rows");
  if (rows == json.end() || !rows->is_array() || rows->empty()) {
    return AtField(Invalid("rows", "an array of at least one object"), "rows");
  }
  const auto version = request.has_version() ? std::optional(request.version()) : std::nullopt;
  ADVAE_ASSIGN_OR_RETURN(const FoundVersion found, scoring.table.Find(model, version));
  const v1::VersionInfo& info = found.loaded->info();
  request.set_model(model);
  request.set_version(info.version());
  ADVAE_RETURN_IF_ERROR(AtField(CheckRowCount(rows->size(), scoring.batcher.limits()), "rows"));
  const TableEncoder* const encoder = found.loaded->encoder();
  // Also cells that are not there take room.
  const auto columns = static_cast<uint64_t>(encoder == nullptr ? info.features_size()
                                                                : encoder->schema().columns_size());
  ADVAE_RETURN_IF_ERROR(lease.Grow(rows->size() * columns * kCellBytes));
  return encoder == nullptr ? TakeMatrix(*rows, info, *request.mutable_rows())
                            : TakeTable(*rows, *encoder, *request.mutable_table());
}

HttpResponse ScoreResponseOf(const v1::ScoreResponse& response, MemoryBudget& budget) {
  LeasedText text(budget);
  const OrderedJson head = {{"model", response.model()},
                            {"version", response.version()},
                            {"alpha", response.alpha()},
                            {"threshold", response.threshold()}};
  text.Append(OpenJsonText(head));
  text.Append(R"(,"results":[)");
  for (int i = 0; i < response.scores_size(); ++i) {
    OrderedJson result = {{"score", JsonNumber(response.scores(i))},
                          {"p_value", JsonNumber(response.p_values(i))},
                          {"is_anomaly", response.anomalies(i)},
                          {"status", TextOf(response.statuses(i))}};
    if (i < response.explanations_size()) {
      result["explanation"] = ExplanationOf(response.explanations(i));
    }
    if (i > 0) text.Append(",");
    text.Append(JsonText(result));
  }
  text.Append("]}");
  return text.TakeResponse();
}

}  // namespace advae
