#include "experiments/contamination.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

void AppendRow(Matrix& matrix, std::span<const float> row) {
  matrix.values.insert(matrix.values.end(), row.begin(), row.end());
}

}  // namespace

absl::StatusOr<ExperimentData> Contaminate(const ExperimentData& data, double share,
                                           uint64_t seed) {
  if (!(share >= 0 && share <= 0.5)) {
    return absl::InvalidArgumentError(
        absl::StrCat("contamination is ", share, ", expected a share from 0 to 0.5"));
  }
  std::vector<size_t> pool;
  for (size_t i = 0; i < data.labels.size(); ++i) {
    if (data.labels[i]) pool.push_back(i);
  }
  if (pool.size() < 2) {
    return absl::InvalidArgumentError(
        "contamination needs at least two anomalies in the test file: some to train on, some to "
        "test with");
  }
  std::mt19937_64 random(seed);
  std::shuffle(pool.begin(), pool.end(), random);
  pool.resize(pool.size() / 2);

  ExperimentData contaminated{
      .train = data.train, .test = {.values = {}, .columns = data.test.columns}, .labels = {}};
  const auto wanted = static_cast<size_t>(
      std::llround(share / (1 - share) * static_cast<double>(data.train.rows())));
  const size_t added = std::min(wanted, pool.size());
  for (size_t i = 0; i < added; ++i) AppendRow(contaminated.train, data.test.row(pool[i]));
  contaminated.contamination =
      static_cast<double>(added) / static_cast<double>(contaminated.train.rows());
  for (size_t i = 0; i < data.labels.size(); ++i) {
    if (std::ranges::find(pool, i) != pool.end()) continue;
    AppendRow(contaminated.test, data.test.row(i));
    contaminated.labels.push_back(data.labels[i]);
  }
  return contaminated;
}

}  // namespace advae
