#include "server/services/row_explanation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <span>

#include "absl/time/time.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"
#include "model/table/cell_text.h"
#include "model/table/encoding/table_encoder.h"
#include "server/base/request_matrix.h"
#include "server/services/schema_rows.h"
#include "server/services/score_explanation.h"

namespace advae {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

// The row as features, and what they were made from, for a version with a schema.
struct RowFeatures {
  std::unique_ptr<SchemaRows> schema_rows;  // null without a schema
  std::vector<float> values;
};

absl::StatusOr<RowFeatures> FeaturesOf(const LoadedVersion& version,
                                       const v1::ScoreRequest& request) {
  RowFeatures features;
  const TableEncoder* const encoder = version.encoder();
  if (!request.has_table() && !request.has_rows()) {
    return absl::FailedPreconditionError("the values of the row were not kept");
  }
  if (request.has_table()) {
    if (encoder == nullptr) {
      return absl::FailedPreconditionError("the row is of a version with a schema");
    }
    ADVAE_ASSIGN_OR_RETURN(features.schema_rows, SchemaRows::OfTable(request.table(), *encoder));
  } else {
    ADVAE_ASSIGN_OR_RETURN(const MatrixView view, ViewOf(request.rows()));
    if (encoder == nullptr) {
      ADVAE_RETURN_IF_ERROR(CheckFeatures(request.rows(), version.info()));
      features.values.assign(view.row(0).begin(), view.row(0).end());
      return features;
    }
    ADVAE_ASSIGN_OR_RETURN(features.schema_rows,
                           SchemaRows::OfMatrix(request.rows(), view, *encoder));
  }
  std::vector<CellNote> notes(static_cast<size_t>(encoder->schema().columns_size()));
  features.values.resize(encoder->features());
  features.schema_rows->ReadRow(0, features.values, notes);
  return features;
}

std::string NameOf(const LoadedVersion& version, uint32_t column) {
  const auto index = static_cast<int>(column);
  if (version.encoder() == nullptr) return version.info().features(index).name();
  const std::string& name = version.encoder()->schema().columns(index).name();
  return std::string(Utf8Prefix(name, SchemaRows::kMaxText));
}

bool CanBeJudged(const LoadedVersion& version, float value) {
  return std::isfinite(value) || (std::isnan(value) && version.scorer().takes_missing());
}

// The first columns, `most` of them, because of whose values the row cannot be judged; without
// contributions.
std::vector<ExplainedColumn> NotJudged(const LoadedVersion& version, std::span<const float> values,
                                       size_t most) {
  const TableEncoder* const encoder = version.encoder();
  std::vector<ExplainedColumn> columns;
  size_t next = 0;
  for (const float value : values) {
    const size_t feature = next++;
    if (CanBeJudged(version, value)) continue;
    if (columns.size() == most) break;
    const auto column =
        static_cast<uint32_t>(encoder == nullptr ? feature : encoder->column_of(feature));
    // A column may have several features, one after the other.
    if (!columns.empty() && columns.back().contribution.feature() == column) continue;
    v1::FeatureContribution contribution;
    contribution.set_feature(column);
    contribution.set_name(NameOf(version, column));
    contribution.set_contribution(kNoNumber);
    contribution.set_expected(kNoNumber);
    columns.push_back({.contribution = std::move(contribution), .number = value});
  }
  return columns;
}

double NumberOf(const LoadedVersion& version, const RowFeatures& row,
                const v1::FeatureContribution& contribution) {
  if (contribution.missing()) return kNoNumber;
  if (version.encoder() == nullptr) return row.values[contribution.feature()];
  const TableEncoder& encoder = *version.encoder();
  const auto column = static_cast<int>(contribution.feature());
  if (encoder.schema().columns(column).kind() != v1::COLUMN_KIND_NUMBER) return kNoNumber;
  return encoder.Describe(contribution.feature(), row.values).number;
}

std::string TextOf(const ColumnView& column) {
  if (!column.has_value(0)) return "";
  if (column.type() == ValueType::kTimes) {
    return absl::FormatTime(absl::RFC3339_full, absl::FromUnixMicros(column.time(0)),
                            absl::UTCTimeZone());
  }
  return CategoryText(column, 0);
}

}  // namespace

absl::StatusOr<std::vector<ExplainedColumn>> ExplainRow(const LoadedVersion& version,
                                                        const v1::ScoreRequest& request,
                                                        size_t most) {
  ADVAE_ASSIGN_OR_RETURN(const RowFeatures row, FeaturesOf(version, request));
  std::vector<ExplainedColumn> columns = NotJudged(version, row.values, most);
  if (!columns.empty()) return columns;
  std::vector<float> expected(row.values.size());
  std::vector<double> contributions(row.values.size());
  double score = 0;
  version.scorer().Score({.values = row.values.data(), .rows = 1, .columns = row.values.size()},
                         {&score, 1}, {.expected = expected, .contributions = contributions});
  v1::Explanation explanation;
  ScoreExplainer(version, row.schema_rows.get(), most)
      .Explain(0, expected, contributions, explanation);
  for (v1::FeatureContribution& contribution : *explanation.mutable_contributions()) {
    const double number = NumberOf(version, row, contribution);
    columns.push_back({.contribution = std::move(contribution), .number = number});
  }
  return columns;
}

std::vector<std::pair<std::string, std::string>> KeysOfRow(const LoadedVersion& version,
                                                           const v1::ScoreRequest& request) {
  std::vector<std::pair<std::string, std::string>> keys;
  if (!request.has_table() || version.encoder() == nullptr) return keys;
  const auto rows = SchemaRows::OfTable(request.table(), *version.encoder());
  if (!rows.ok()) return keys;
  for (const ColumnView& key : (*rows)->keys()) keys.emplace_back(key.name(), TextOf(key));
  return keys;
}

}  // namespace advae
