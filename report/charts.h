#ifndef ADVAE_REPORT_CHARTS_H_
#define ADVAE_REPORT_CHARTS_H_

#include <string>
#include <vector>

#include "report/report_page.h"

namespace advae {

// Fewer points of a curve within the unit square: the first, the last, and each that is more than
// 1/400 away (in x and y together) from the last one kept. A rising curve keeps some 800 at most.
std::vector<ChartPoint> Thinned(const std::vector<ChartPoint>& curve);

// The curve's y at `x`: on the straight line between two points, and outside of them that of the
// nearest end. The points ascend in x, and there is at least one.
double Interpolated(const std::vector<ChartPoint>& curve, double x);

// Shares observed against those expected, beside the line on which they are equal. Both axes go
// from `min` to `max`, logarithmically unless `min` is 0.
LineChart CalibrationChart(const std::string& title, std::vector<ChartLine> lines, double min,
                           double max);

// Points (share of the normal rows called anomalous, recall), thinned; `at_threshold` is the one in
// force.
LineChart RocChart(const std::vector<ChartPoint>& curve, ChartPoint at_threshold);

// Points (recall, precision), likewise. By chance, precision is `anomaly_share`.
LineChart PrecisionRecallChart(const std::vector<ChartPoint>& curve, ChartPoint at_threshold,
                               double anomaly_share);

}  // namespace advae

#endif  // ADVAE_REPORT_CHARTS_H_
