#include "model/fitting/fit_relations.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace advae {
namespace {

constexpr double kMinPresent = 0.9;  // share of the rows with a value of a related feature
constexpr double kMinRowsPerFeature = 5;
constexpr double kRidge = 1e-4;
constexpr double kMinInflation = 20;   // O_jj of an explained feature
constexpr double kUsualShare = 0.999;  // of the rows without a bonus
constexpr size_t kTileRows = 256;

bool IsComplete(std::span<const float> row, const std::vector<uint32_t>& features) {
  return std::ranges::none_of(features, [row](uint32_t j) { return std::isnan(row[j]); });
}

// Whether few rows lack the feature.
bool IsPresent(const Matrix& rows, uint32_t feature) {
  size_t missing = 0;
  for (size_t i = 0; i < rows.rows(); ++i) missing += std::isnan(rows.row(i)[feature]) ? 1 : 0;
  return static_cast<double>(missing) <= (1 - kMinPresent) * static_cast<double>(rows.rows());
}

// The complete rows, standardised: x = (s - mean) / sd by the related features.
class StandardizedRows {
 public:
  StandardizedRows(const Matrix& rows, std::vector<uint32_t> candidates)
      : rows_(rows), related_(std::move(candidates)) {
    std::erase_if(related_, [&rows](uint32_t feature) { return !IsPresent(rows, feature); });
    for (uint32_t i = 0; i < rows.rows(); ++i) {
      if (IsComplete(rows.row(i), related_)) complete_.push_back(i);
    }
    // In order, and each sum from the first row, so that a constant's mean is the constant.
    std::vector<uint32_t> features;
    for (const uint32_t j : related_) {
      const double count = static_cast<double>(complete_.size());
      double sum = 0;
      for (const uint32_t i : complete_) sum += rows.row(i)[j];
      const double mean = sum / count;
      double squares = 0;
      for (const uint32_t i : complete_) squares += std::pow(rows.row(i)[j] - mean, 2);
      const double deviation = std::sqrt(squares / count);
      if (!(deviation > std::numeric_limits<float>::epsilon() * std::abs(mean))) continue;
      features.push_back(j);
      means_.push_back(mean);
      deviations_.push_back(deviation);
    }
    related_ = std::move(features);
  }

  const std::vector<uint32_t>& related() const { return related_; }
  const std::vector<uint32_t>& complete() const { return complete_; }
  const std::vector<double>& means() const { return means_; }
  const std::vector<double>& deviations() const { return deviations_; }

  // Rows [first, first + count) of complete(), a row of the result each.
  Eigen::MatrixXd Tile(size_t first, size_t count) const {
    Eigen::MatrixXd x(count, related_.size());
    for (size_t i = 0; i < count; ++i) {
      const std::span<const float> row = rows_.row(complete_[first + i]);
      for (size_t k = 0; k < related_.size(); ++k) {
        x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) =
            (row[related_[k]] - means_[k]) / deviations_[k];
      }
    }
    return x;
  }

  // Calls visit(first, x) for all tiles in turn.
  template <typename Visitor>
  void ForTiles(const Visitor& visit) const {
    for (size_t first = 0; first < complete_.size(); first += kTileRows) {
      visit(first, Tile(first, std::min(kTileRows, complete_.size() - first)));
    }
  }

 private:
  const Matrix& rows_;
  std::vector<uint32_t> related_;
  std::vector<uint32_t> complete_;
  std::vector<double> means_;
  std::vector<double> deviations_;
};

// O.
Eigen::MatrixXd InverseCorrelation(const StandardizedRows& rows) {
  const auto e = static_cast<Eigen::Index>(rows.related().size());
  Eigen::MatrixXd correlation = Eigen::MatrixXd::Zero(e, e);
  rows.ForTiles([&](size_t, const Eigen::MatrixXd& x) { correlation += x.transpose() * x; });
  correlation /= static_cast<double>(rows.complete().size());
  correlation.diagonal().array() += kRidge;
  return correlation.llt().solve(Eigen::MatrixXd::Identity(e, e));
}

// The largest |t_ij| of each complete row as if it were not seen.
std::vector<double> Breaks(const StandardizedRows& rows, const Eigen::MatrixXd& inverse,
                           const std::vector<uint32_t>& explained) {
  const double n = static_cast<double>(rows.complete().size());
  std::vector<double> breaks(rows.complete().size());
  rows.ForTiles([&](size_t first, const Eigen::MatrixXd& x) {
    const Eigen::MatrixXd u = x * inverse;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      const double rest = std::max(1 - (1 + x.row(i).dot(u.row(i))) / n, 0.0);  // 1 - h
      double& largest = breaks[first + static_cast<size_t>(i)];
      for (const auto j : explained) {
        const double square = u(i, j) * u(i, j);
        const double variance = rest * (inverse(j, j) * rest + square / n);
        if (variance > 0) largest = std::max(largest, std::sqrt(square / variance));
      }
    }
  });
  return breaks;
}

double Threshold(std::vector<double> breaks) {
  const double n = static_cast<double>(breaks.size());
  const double place = std::min(std::ceil(kUsualShare * (n + 1)), n);
  const auto at = breaks.begin() + static_cast<std::ptrdiff_t>(place) - 1;
  std::nth_element(breaks.begin(), at, breaks.end());
  return std::max(1.0, *at);
}

}  // namespace

std::optional<FittedRelations> FitRelations(const Matrix& rows, std::vector<uint32_t> features) {
  const StandardizedRows standardized(rows, std::move(features));
  const std::vector<uint32_t>& related = standardized.related();
  const std::vector<uint32_t>& complete = standardized.complete();
  if (related.empty() || related.size() > FeatureRelations::kMaxRelated ||
      static_cast<double>(complete.size()) <
          kMinRowsPerFeature * static_cast<double>(related.size())) {
    return std::nullopt;
  }
  const Eigen::MatrixXd inverse = InverseCorrelation(standardized);
  FittedRelations fitted;
  FeatureRelations& relations = fitted.relations;
  for (uint32_t j = 0; j < related.size(); ++j) {
    if (inverse(j, j) >= kMinInflation) relations.explained.push_back(j);
  }
  if (relations.explained.empty()) return std::nullopt;
  relations.related = related;
  relations.means = standardized.means();
  for (uint32_t k = 0; k < related.size(); ++k) {
    for (const uint32_t j : relations.explained) {
      relations.weights.push_back(inverse(k, j) /
                                  (std::sqrt(inverse(j, j)) * standardized.deviations()[k]));
    }
  }
  const std::vector<double> breaks = Breaks(standardized, inverse, relations.explained);
  relations.threshold = Threshold(breaks);
  fitted.bonuses.resize(rows.rows());
  for (size_t i = 0; i < complete.size(); ++i) {
    fitted.bonuses[complete[i]] = relations.Bonus(std::span(&breaks[i], 1));
  }
  return fitted;
}

}  // namespace advae
