#ifndef ADVAE_EXPERIMENTS_BASELINES_BASELINES_H_
#define ADVAE_EXPERIMENTS_BASELINES_BASELINES_H_

#include <map>
#include <string>

#include "experiments/detector.h"

namespace advae {

// Detectors of other papers, by name, that the experiment compares with and the product does not
// have.
const std::map<std::string, FitFunction>& Baselines();

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_BASELINES_BASELINES_H_
