#ifndef ADVAE_MODEL_SCORING_VERSION_MEMORY_H_
#define ADVAE_MODEL_SCORING_VERSION_MEMORY_H_

#include <cstdint>

#include "advae/v1/manifest.pb.h"
#include "advae/v1/types.pb.h"

namespace advae {

// What the memory of a version depends on.
struct VersionShape {
  uint64_t features = 1;            // d
  uint64_t hidden_size = 1;         // h, of all hidden layers
  uint64_t latent_size = 1;         // k
  uint64_t members = 1;             // M
  uint64_t samples = 1;             // L, of the latent plan
  uint64_t training_rows = 0;       // m
  uint64_t feature_name_bytes = 0;  // of all names together
  bool whitened = false;            // whether each member has a whitening [d, d]
  uint64_t memory_rows = 0;         // n that it remembers
  uint64_t schema_bytes = 0;        // that the message takes in memory; 0 without a schema

  static VersionShape Of(const v1::VersionInfo& info);
};

// Memory of a version, in bytes. Numbers that do not fit stand at the end of the range.
struct VersionMemory {
  uint64_t held = 0;     // from its loading until nobody uses it any more
  uint64_t loading = 0;  // beyond `held`, while it is read and made ready
  uint64_t scratch = 0;  // of each thread that scores with it; versions share it

  // Of a version that is alone, with `threads` threads.
  uint64_t Total(uint64_t threads) const;
};

// What several versions take together: what each of them holds and, once, the most that a loading
// and that a scoring thread need, as versions are loaded one at a time and share the threads'
// memory.
class MemoryUse {
 public:
  MemoryUse With(const VersionMemory& version) const;
  uint64_t held() const { return held_; }
  uint64_t Total(uint64_t threads) const;

 private:
  uint64_t held_ = 0;
  uint64_t loading_ = 0;
  uint64_t scratch_ = 0;
};

// Estimates from above what a version takes: the weights as the kernel reads them, latent plan,
// training scores with the table of p-values at its largest, and metadata. What is held is within a
// few per cent where weights or the plan make most of it, and at most half as much again otherwise.
VersionMemory EstimateVersionMemory(const VersionShape& shape);

// The same for a version on disk. Its files have the last word where they are larger than the
// manifest's numbers let expect.
VersionMemory EstimateVersionMemory(const v1::VersionManifest& manifest);

// The number of weights and biases of E and G.
double CountParameters(const VersionShape& shape);

// `bytes`, rounded up, at most the end of the range.
uint64_t ToBytes(double bytes);

// Sums that stand at the end of the range instead of beyond it.
uint64_t SaturatingAdd(uint64_t a, uint64_t b);

}  // namespace advae

#endif  // ADVAE_MODEL_SCORING_VERSION_MEMORY_H_
