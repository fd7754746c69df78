#include "server/services/score_explanation.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "model/base/utf8.h"
#include "model/table/encoding/table_encoder.h"

namespace advae {
namespace {

std::string Cut(const std::string& text) {
  return std::string(Utf8Prefix(text, SchemaRows::kMaxText));
}

}  // namespace

ScoreExplainer::ScoreExplainer(const LoadedVersion& version, const SchemaRows* rows, size_t most)
    : version_(version), rows_(rows), most_(most) {
  if (rows_ == nullptr) return;
  const v1::TableSchema& schema = rows_->encoder().schema();
  for (int i = 0; i < schema.columns_size(); ++i) {
    if (schema.columns(i).role() == v1::COLUMN_ROLE_FEATURE) feature_columns_.push_back(i);
  }
  shares_.resize(schema.columns_size());
  notes_.resize(schema.columns_size());
  expected_.resize(rows_->encoder().features());
  features_.resize(rows_->encoder().features());
}

void ScoreExplainer::Rank(std::span<const double> shares) {
  const size_t count = std::min(most_, order_.size());
  std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count),
                    order_.end(), [&](uint32_t a, uint32_t b) {
                      return shares[a] != shares[b] ? shares[a] > shares[b] : a < b;
                    });
  order_.resize(count);
}

void ScoreExplainer::Explain(size_t row, std::span<const float> expected,
                             std::span<const double> contributions, v1::Explanation& explanation) {
  if (rows_ != nullptr) return ExplainByColumn(row, expected, contributions, explanation);
  order_.resize(contributions.size());
  std::iota(order_.begin(), order_.end(), 0);
  Rank(contributions);
  const MinMaxScaler& scaler = version_.scorer().scaler();
  for (const uint32_t feature : order_) {
    v1::FeatureContribution& contribution = *explanation.add_contributions();
    contribution.set_feature(feature);
    contribution.set_name(version_.info().features(static_cast<int>(feature)).name());
    contribution.set_contribution(contributions[feature]);
    contribution.set_expected(scaler.Restore(feature, expected[feature]));
  }
}

void ScoreExplainer::ExplainByColumn(size_t row, std::span<const float> expected,
                                     std::span<const double> contributions,
                                     v1::Explanation& explanation) {
  const TableEncoder& encoder = rows_->encoder();
  std::ranges::fill(shares_, 0);
  for (size_t i = 0; i < contributions.size(); ++i) {
    shares_[encoder.column_of(i)] += contributions[i];
    expected_[i] = version_.scorer().scaler().Restore(i, expected[i]);
  }
  order_ = feature_columns_;
  Rank(shares_);
  rows_->ReadRow(row, features_, notes_);
  for (const uint32_t column : order_) {
    const v1::ColumnSchema& schema = encoder.schema().columns(static_cast<int>(column));
    v1::FeatureContribution& contribution = *explanation.add_contributions();
    contribution.set_feature(column);
    contribution.set_name(Cut(schema.name()));
    contribution.set_contribution(shares_[column]);
    contribution.set_missing(notes_[column] == CellNote::kMissing);
    const TableEncoder::Expected described = encoder.Describe(column, expected_);
    contribution.set_expected(described.number);
    if (schema.kind() == v1::COLUMN_KIND_NUMBER) continue;
    contribution.set_expected_value(Cut(described.text));
    if (!contribution.missing()) contribution.set_value(rows_->TextOf(column, row, features_));
  }
}

}  // namespace advae
