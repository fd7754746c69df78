#ifndef ADVAE_MODEL_FITTING_FIT_RELATIONS_H_
#define ADVAE_MODEL_FITTING_FIT_RELATIONS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "model/data/matrix.h"
#include "model/neighborhood/feature_relations.h"

namespace advae {

struct FittedRelations {
  FeatureRelations relations;
  // [n]: the bonus of each row, by relations that have not seen it.
  std::vector<double> bonuses;
};

// Learns relations from scaled `rows` [n, d], in which missing values are NaN, between `features`,
// ascending:
//
// 1. Related are those of them with values in nine of ten rows, and spread. Rows in which one of
//    these is missing have no part, and no bonus.
// 2. With x = (s - mean) / sd of the others, C = X'X / n, O = (C + 1e-4 I)^-1 and u = O x,
//    t_j = u_j / sqrt(O_jj) is the residual of the ridge regression of feature j on the others.
// 3. Feature j is explained if O_jj >= 20: the others tell 95 % of its variance.
// 4. Of one of these rows, as if it were not seen,
//    t_ij = u_ij / sqrt((1 - h_i) (O_jj (1 - h_i) + u_ij^2 / n)), h_i = (1 + x_i' O x_i) / n.
// 5. The threshold is the ceil(.999 (n + 1))-th smallest break of them, or the largest, and at
//    least 1, which is the resolution that the ridge leaves.
//
// Nothing when no feature is explained, there are fewer than five rows for each related feature, or
// more than FeatureRelations::kMaxRelated of these. O(n e^2 + e^3).
std::optional<FittedRelations> FitRelations(const Matrix& rows, std::vector<uint32_t> features);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_FIT_RELATIONS_H_
