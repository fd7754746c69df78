#ifndef ADVAE_REPORT_SCORE_CHART_H_
#define ADVAE_REPORT_SCORE_CHART_H_

#include <string>
#include <vector>

#include "report/report_page.h"

namespace advae {

// Scores of one kind of rows.
struct ScoreGroup {
  std::string name;
  std::vector<double> scores;  // finite, at least 0
};

// What a score chart shows.
struct ScoreChartData {
  std::vector<ScoreGroup> groups = {};
  // The training scores' distribution function: points (score, probability of a score as small),
  // ascending, straight between them.
  std::vector<ChartPoint> training_cdf = {};
  double threshold = 0;  // s_alpha
  double alpha = 0;
};

// Histograms of scores over a logarithmic axis, one for each group, with the share of its rows in
// each bin; the share that the training scores' distribution has in a bin of that width; and the
// threshold. The axis begins at a thousandth of the threshold at least: the first bin has all rows
// below.
LineChart ScoreChart(const ScoreChartData& data);

}  // namespace advae

#endif  // ADVAE_REPORT_SCORE_CHART_H_
