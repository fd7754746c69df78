#ifndef ADVAE_MODEL_DISTRIBUTION_P_VALUE_TABLE_H_
#define ADVAE_MODEL_DISTRIBUTION_P_VALUE_TABLE_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace advae {

// The upper tail 1 - F(s) of a Gaussian KDE as a monotone cubic Hermite interpolation, for when
// summing over all scores at each evaluation is too slow.
//
// Scores are binned with linear weights on a grid of h/512 and the kernel is cut at 6 h; nodes are
// h/16 apart and lie only within 6 h of a score, so that an outlier far away costs no nodes in
// between. The errors, at most (1/512)^2/8 * 0.25, (1/16)^4/384 * 1.4 and 1e-9, add up to less
// than 3e-7.
//
// The size is bounded whatever the scores. Let N of the m scores be as many as can be chosen at
// least 6 h apart: the nodes lie within 12 h of one of those, so there are at most 384 N. Scores
// that far apart force up their own standard deviation, N^3 (6 h)^2 / 12 <= m sd^2, and with
// h >= 1.05 sd m^(-1/5), Silverman's rule, N <= 0.7 m^0.47: at most 170,000 nodes (4 MB) for a
// million scores.
//
// Immutable and thread-safe.
class PValueTable {
 public:
  // `scores` is not empty and ascending, `bandwidth` > 0. Takes O(m) and some milliseconds.
  PValueTable(const std::vector<double>& scores, double bandwidth);

  struct Tail {
    double p_value;  // 1 - F(s)
    double density;  // per score unit, within 1e-5 / h
  };
  // O(log nodes), and O(1) below the first gap between the scores. The p-value never increases in s
  // (beyond rounding) and is 0 from 6 h above the largest score on.
  Tail At(double s) const;

  // Two scores between which the p-value falls from above `p_value` to below it, nodes of the table
  // with at most two between them; at an end of the table, the outermost ones. O(log nodes).
  std::pair<double, double> Bracket(double p_value) const;

  size_t size() const { return nodes_.size(); }

 private:
  // Positions are in cells of h/16 relative to the smallest score, which is exact also when h is
  // tiny compared with the scores.
  struct Node {
    double position;
    double p_value;
    double slope;  // per cell, at most 0
  };

  void LimitSlopes();
  double ScoreAt(const Node& node) const;

  double smallest_score_;
  double cell_;              // h/16
  std::vector<Node> nodes_;  // ascending
};

}  // namespace advae

#endif  // ADVAE_MODEL_DISTRIBUTION_P_VALUE_TABLE_H_
