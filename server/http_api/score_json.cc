#include "server/http_api/score_json.h"

#include <cmath>
#include <cstdint>
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
#include "model/data/number_parser.h"
#include "model/table/encoding/table_encoder.h"
#include "model/table/time_parser.h"
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

absl::Status Invalid(const std::string& what, const char* expected) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": expected ", expected));
}

// Of a cell of a table or matrix, with what it grows by.
constexpr uint64_t kCellBytes = 24;

// About row `i`; `what` follows its name.
absl::Status InvalidRow(size_t i, const std::string& what, const char* expected) {
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

// A column of the table that rows become, cell by cell.
class ColumnBuilder {
 public:
  ColumnBuilder(const v1::ColumnSchema& schema, const MissingMarks& marks)
      : schema_(schema), marks_(marks), times_(DateOrderOf(schema.time().date_order())) {}

  // `cell` is null for a missing value. False when it is of another kind.
  bool Add(const Json* cell) {
    const bool has_value = cell != nullptr && !cell->is_null() && !IsMark(*cell);
    AppendBit(rows_, has_value, validity_);
    is_complete_ = is_complete_ && has_value;
    const bool added = AddValue(has_value ? cell : nullptr);
    ++rows_;
    return added;
  }
  const char* expected() const {
    switch (schema_.kind()) {
      case v1::COLUMN_KIND_BOOLEAN:
        return "true, false or null";
      case v1::COLUMN_KIND_CATEGORY:
        return "a text, a number, true, false or null";
      case v1::COLUMN_KIND_TIME:
        return "a date or time such as \"2026-11-28T10:29:14Z\", a number of seconds since "
               "1970-01-01T00:00:00Z, or null";
      default:
        return "a number or null";
    }
  }

  v1::TableColumn Take() {
    v1::TableColumn column;
    column.set_name(schema_.name());
    if (!is_complete_) column.set_validity(std::move(validity_));
    switch (schema_.kind()) {
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
  // As in a file, a text that marks a missing cell is none, unless training has met it as a
  // category.
  bool IsMark(const Json& cell) {
    if (!cell.is_string()) return false;
    const std::string_view text = WithoutBlanks(cell.get_ref<const std::string&>());
    if (!IsUsualMissingMark(text) && !marks_.HasText(text)) return false;
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
    switch (schema_.kind()) {
      case v1::COLUMN_KIND_BOOLEAN:
        AppendBit(rows_, cell != nullptr && *cell == true, values_);
        return cell == nullptr || cell->is_boolean();
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

  bool AddCategory(const Json* cell) {
    std::string text;
    if (cell == nullptr) {
    } else if (cell->is_string()) {
      text = cell->get_ref<const std::string&>();
      const std::string_view plain = WithoutBlanks(text);
      if (plain.size() < text.size() && !IsListed(text)) text = std::string(plain);
    } else if (cell->is_boolean()) {
      text = cell->get<bool>() ? "true" : "false";
    } else if (cell->is_number()) {
      text = DecimalText(cell->get<double>());
    } else {
      return false;
    }
    const auto [entry, is_new] = codes_.emplace(text, strings_.dictionary_size());
    if (is_new) strings_.add_dictionary(text);
    Append(entry->second, values_);
    return true;
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

  const v1::ColumnSchema& schema_;
  const MissingMarks& marks_;
  const TimeParser times_;
  std::set<std::string_view> listed_;  // categories; empty until one is looked for
  size_t rows_ = 0;
  bool is_complete_ = true;
  std::string validity_;
  std::string values_;
  v1::StringValues strings_;
  std::map<std::string, int32_t> codes_;
};

// The rows by `columns`, which take one cell of each row.
absl::Status AddRows(const Json& rows,
                     std::vector<std::pair<std::string, ColumnBuilder>>& columns) {
  std::set<std::string> names;
  for (const auto& [name, unused] : columns) names.insert(name);
  for (size_t i = 0; i < rows.size(); ++i) {
    const Json& row = rows[i];
    if (!row.is_object()) return InvalidRow(i, "", "an object");
    for (const auto& [name, unused] : row.items()) {
      if (names.contains(name)) continue;
      return InvalidRow(i, absl::StrCat(" has \"", ShownText(name), "\", which no column is named"),
                        "the columns of the model");
    }
    for (auto& [name, column] : columns) {
      const auto cell = row.find(name);
      if (column.Add(cell == row.end() ? nullptr : &*cell)) continue;
      return InvalidRow(i, absl::StrCat(", \"", ShownText(name), "\""), column.expected());
    }
  }
  return absl::OkStatus();
}

// As a table, of the columns that some row has.
absl::Status TakeTable(const Json& rows, const TableEncoder& encoder, v1::Table& table) {
  std::vector<std::pair<std::string, ColumnBuilder>> columns;
  for (const v1::ColumnSchema& column : encoder.schema().columns()) {
    columns.emplace_back(column.name(), ColumnBuilder(column, encoder.missing_marks()));
  }
  ADVAE_RETURN_IF_ERROR(AddRows(rows, columns));
  table.set_rows(static_cast<uint32_t>(rows.size()));
  for (auto& [name, column] : columns) *table.add_columns() = column.Take();
  return absl::OkStatus();
}

// As a matrix, for a version without a schema.
absl::Status TakeMatrix(const Json& rows, const v1::VersionInfo& info, v1::Matrix& matrix) {
  std::map<std::string, int> features;
  for (int j = 0; j < info.features_size(); ++j) features[info.features(j).name()] = j;
  const int columns = info.features_size();
  matrix.set_columns(static_cast<uint32_t>(columns));
  const size_t count = rows.size() * static_cast<size_t>(columns);
  if (count > std::numeric_limits<int>::max()) {
    return AtField(Invalid("rows", "at most 2^31 - 1 values"), "rows");
  }
  matrix.mutable_values()->Resize(static_cast<int>(count), std::numeric_limits<float>::quiet_NaN());
  float* values = matrix.mutable_values()->mutable_data();  // of a row
  for (size_t i = 0; i < rows.size(); ++i, values += columns) {
    const Json& row = rows[i];
    if (!row.is_object()) return InvalidRow(i, "", "an object");
    for (const auto& [name, cell] : row.items()) {
      const auto feature = features.find(name);
      if (feature == features.end()) {
        return InvalidRow(i,
                          absl::StrCat(" has \"", ShownText(name), "\", which no feature is named"),
                          "the features of the model");
      }
      if (cell.is_null()) continue;
      if (!cell.is_number()) {
        return InvalidRow(i, absl::StrCat(", \"", ShownText(name), "\""), "a number or null");
      }
      values[feature->second] = static_cast<float>(cell.get<double>());
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
