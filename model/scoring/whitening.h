#ifndef ADVAE_MODEL_SCORING_WHITENING_H_
#define ADVAE_MODEL_SCORING_WHITENING_H_

#include <span>

namespace advae {

// whitened = W e; all of size d. Sums in doubles and in the same order whatever else is computed.
void Whiten(std::span<const float> whitening, std::span<const double> e,
            std::span<double> whitened);

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_WHITENING_H_
