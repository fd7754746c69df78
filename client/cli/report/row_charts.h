#ifndef ADVAE_CLIENT_CLI_REPORT_ROW_CHARTS_H_
#define ADVAE_CLIENT_CLI_REPORT_ROW_CHARTS_H_

#include <vector>

#include "client/cli/scored_rows.h"
#include "report/report_page.h"

namespace advae {

// The scores in the order of the file, with the threshold and the rows that were called anomalous.
// With many rows, a point stands for as many rows in a row as it takes to have two thousand of
// them, and is the largest of their scores. Rows without a finite score are left out. There is at
// least one row.
LineChart ScoresByRow(const ScoredRows& rows);

// A chart of each feature, or column of numbers, that has a large share in the score of one of the
// `odd` rows (which are explained): its values in the `others`, in the odd rows in whose scores it
// has a large share, and what was expected there. The features with the largest shares come first;
// at most twelve.
std::vector<LineChart> FeatureCharts(const std::vector<ScoredRow>& odd,
                                     const std::vector<ScoredRow>& others);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_REPORT_ROW_CHARTS_H_
