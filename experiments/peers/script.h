#ifndef ADVAE_EXPERIMENTS_PEERS_SCRIPT_H_
#define ADVAE_EXPERIMENTS_PEERS_SCRIPT_H_

namespace advae {

// Text of sklearn_peers.py, which the build puts into the program.
extern const char kPeersScript[];

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_PEERS_SCRIPT_H_
