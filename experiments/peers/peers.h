#ifndef ADVAE_EXPERIMENTS_PEERS_PEERS_H_
#define ADVAE_EXPERIMENTS_PEERS_PEERS_H_

#include <memory>
#include <string>
#include <vector>

#include "experiments/detector.h"
#include "experiments/peers/peer_process.h"

namespace advae {

// The detectors of sklearn_peers.py: KNN, the mean distance to five neighbours; LOF with 20;
// IFOREST; OCSVM; GMM of ten Gaussians; PCA, the error of a reconstruction; KDE.
const std::vector<std::string>& PeerNames();

// Fits one of them in `process`, and scores there. Scores are moved up so that the lowest training
// score is 0; those of other rows may be below. kInvalidArgument for training rows or scores that
// are not finite; otherwise the errors of PeerProcess::Fit. When the process ends, scores are NaN.
FitFunction FitPeer(const std::string& name, std::shared_ptr<PeerProcess> process);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_PEERS_PEERS_H_
