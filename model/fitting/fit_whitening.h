#ifndef ADVAE_MODEL_FITTING_FIT_WHITENING_H_
#define ADVAE_MODEL_FITTING_FIT_WHITENING_H_

#include <vector>

#include "model/data/matrix.h"

namespace advae {

// The symmetric matrix W [d, d], row-major, with which ||W e||^2 is the squared Mahalanobis
// distance of a residual e, up to a factor:
//
//   W = f S^(-1/2),  S = C + 0.05 tr(C)/d I,  C = (1/n) sum_i e_i e_i^T
//
// over the rows e_i of `residuals`, with f such that the mean of ||W e_i||^2 equals that of
// ||e_i||^2. The second term of S bounds how much the directions count in which residuals are
// smallest. Of all matrices with the same distances, the symmetric one changes e least, so that
// coordinate j of W e still belongs to feature j. O(n d^2 + d^3).
//
// The identity when there are no residuals or all are 0.
std::vector<float> FitWhitening(MatrixView residuals);

}  // namespace advae

#endif  // ADVAE_MODEL_FITTING_FIT_WHITENING_H_
