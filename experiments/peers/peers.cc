#include "experiments/peers/peers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "model/base/status_macros.h"
#include "model/distribution/score_distribution.h"

namespace advae {
namespace {

// Lets go of a detector that the process keeps, when nobody needs it.
class KeptDetector {
 public:
  KeptDetector(std::shared_ptr<PeerProcess> process, uint64_t id)
      : process_(std::move(process)), id_(id) {}
  ~KeptDetector() { process_->Drop(id_); }
  KeptDetector(const KeptDetector&) = delete;
  KeptDetector& operator=(const KeptDetector&) = delete;

  std::vector<double> Score(MatrixView rows) const {
    absl::StatusOr<std::vector<double>> scores = process_->Score(id_, rows);
    if (scores.ok() && scores->size() == rows.rows) return *std::move(scores);
    return std::vector<double>(rows.rows, std::numeric_limits<double>::quiet_NaN());
  }

 private:
  std::shared_ptr<PeerProcess> process_;
  uint64_t id_;
};

absl::StatusOr<FittedDetector> Fit(const std::string& name,
                                   const std::shared_ptr<PeerProcess>& process,
                                   const FitInput& input) {
  ADVAE_ASSIGN_OR_RETURN(PeerProcess::Fitted fitted, process->Fit(name, input.seed, input.rows));
  const auto kept = std::make_shared<const KeptDetector>(process, fitted.id);
  std::vector<double>& scores = fitted.training_scores;
  if (!std::ranges::all_of(scores, [](double score) { return std::isfinite(score); })) {
    return absl::InvalidArgumentError("a training row's score is not finite");
  }
  const double lowest = scores.empty() ? 0 : std::ranges::min(scores);
  for (double& score : scores) score -= lowest;
  ADVAE_ASSIGN_OR_RETURN(ScoreDistribution distribution, ScoreDistribution::Fit(std::move(scores)));
  return FittedDetector{
      .score =
          [kept, lowest](MatrixView rows) {
            std::vector<double> scores = kept->Score(rows);
            for (double& score : scores) score -= lowest;
            return scores;
          },
      .distribution = std::make_shared<const ScoreDistribution>(std::move(distribution))};
}

}  // namespace

const std::vector<std::string>& PeerNames() {
  static const auto* const names =
      new std::vector<std::string>{"KNN", "LOF", "IFOREST", "OCSVM", "GMM", "PCA", "KDE"};
  return *names;
}

FitFunction FitPeer(const std::string& name, std::shared_ptr<PeerProcess> process) {
  return [name, process = std::move(process)](const FitInput& input) {
    return Fit(name, process, input);
  };
}

}  // namespace advae
