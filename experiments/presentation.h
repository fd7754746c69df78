#ifndef ADVAE_EXPERIMENTS_PRESENTATION_H_
#define ADVAE_EXPERIMENTS_PRESENTATION_H_

#include <string>

#include "experiments/results.h"

namespace advae {

// Results of RunExperiment, or {contamination: {SHARE: results}}, for people.
std::string ToMarkdown(const Json& results);
// A self-contained page: the tables, bars of the average precision, and curves of the calibration.
std::string ToHtml(const Json& results);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_PRESENTATION_H_
