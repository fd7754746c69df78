#include "model/scoring/whitening.h"

#include <algorithm>
#include <cstddef>

namespace advae {

void Whiten(std::span<const float> whitening, std::span<const double> e,
            std::span<double> whitened) {
  const size_t d = e.size();
  std::ranges::fill(whitened, 0.0);
  for (size_t i = 0; i < d; ++i) {
    const float* const column = whitening.data() + i * d;  // a row, too: W is symmetric
    for (size_t j = 0; j < d; ++j) whitened[j] += column[j] * e[i];
  }
}

}  // namespace advae
