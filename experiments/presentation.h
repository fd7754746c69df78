#ifndef ADVAE_EXPERIMENTS_PRESENTATION_H_
#define ADVAE_EXPERIMENTS_PRESENTATION_H_

#include <cstddef>
#include <string>
#include <vector>

#include "experiments/results.h"

namespace advae {

// The overview of each level, for a terminal of `width` characters.
std::string ToTable(const std::vector<ExperimentLevel>& levels, size_t width);
// All tables of each level.
std::string ToMarkdown(const std::vector<ExperimentLevel>& levels);
// A self-contained page: the tables, bars of the average precision, and curves of the calibration.
std::string ToHtml(const std::vector<ExperimentLevel>& levels);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_PRESENTATION_H_
