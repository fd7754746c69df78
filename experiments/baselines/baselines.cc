#include "experiments/baselines/baselines.h"

namespace advae {

const std::map<std::string, FitFunction>& Baselines() {
  static const auto* const baselines = new std::map<std::string, FitFunction>{};
  return *baselines;
}

}  // namespace advae
