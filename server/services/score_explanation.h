#ifndef ADVAE_SERVER_SERVICES_SCORE_EXPLANATION_H_
#define ADVAE_SERVER_SERVICES_SCORE_EXPLANATION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "advae/v1/detector.pb.h"
#include "model/scoring/loaded_version.h"
#include "server/services/schema_rows.h"

namespace advae {

// Explains rows of one request by what contributes most to their scores: features, or the columns
// of a schema. Keeps its buffers between rows. Not thread-safe.
class ScoreExplainer {
 public:
  // Names up to `most` contributions of a row. `rows` is null for a version without a schema. Both
  // outlive the explainer.
  ScoreExplainer(const LoadedVersion& version, const SchemaRows* rows, size_t most);

  // Of row `row`, by RowDetails of it: `expected` and `contributions` [d].
  void Explain(size_t row, std::span<const float> expected, std::span<const double> contributions,
               v1::Explanation& explanation);

 private:
  // Sets `order_` to the largest of the shares at its indices, the largest first.
  void Rank(std::span<const double> shares);
  void ExplainByColumn(size_t row, std::span<const float> expected,
                       std::span<const double> contributions, v1::Explanation& explanation);

  const LoadedVersion& version_;
  const SchemaRows* const rows_;
  const size_t most_;
  std::vector<uint32_t> order_;
  // With a schema.
  std::vector<uint32_t> feature_columns_;
  std::vector<double> shares_;  // of all columns
  std::vector<float> expected_;
  std::vector<float> features_;
  std::vector<CellNote> notes_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_EXPLANATION_H_
