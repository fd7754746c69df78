#ifndef ADVAE_MODEL_FITTING_QUANTILE_MAPPING_H_
#define ADVAE_MODEL_FITTING_QUANTILE_MAPPING_H_

#include <span>
#include <vector>

namespace advae {

// Replaces each value by the one at the same quantile of `target`, so that the result, in the order
// of `values`, is distributed as `target` and ranked as before. Of n sorted values the i-th, from
// 0, is the (i + 1/2) / n quantile, with straight lines between them and nothing beyond the first
// and the last; values that are equal share their middle rank. Finite values; neither span is
// empty.
std::vector<double> MapQuantiles(std::span<const double> values, std::span<const double> target);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_QUANTILE_MAPPING_H_
