#ifndef ADVAE_MODEL_NEIGHBORHOOD_SCORING_BREAKS_H_
#define ADVAE_MODEL_NEIGHBORHOOD_SCORING_BREAKS_H_

#include <cstddef>
#include <functional>

namespace advae {

// Breaks that a long scoring takes, within a row too, for whoever else needs its thread. They
// change no bit of a score.
struct ScoringBreaks {
  // Multiply-adds (Scorer::multiply_adds) from one break to the next, at least 1. A break comes
  // after a tile of samples (ScoringKernel), so that those of a very wide network are further
  // apart.
  size_t multiply_adds;
  // What is done in a break. True ends the scoring.
  std::function<bool()> should_stop;
};

// Tells when a break is due. For one scoring.
class BreakCounter {
 public:
  // Null: no breaks.
  explicit BreakCounter(const ScoringBreaks* breaks) : breaks_(breaks) {}

  // Notes that as much has been done, and takes the break if it is due. True when the scoring is to
  // end, from then on.
  bool ShouldStopAfter(size_t multiply_adds) {
    if (breaks_ == nullptr) return false;
    done_ += multiply_adds;
    if (stopped_ || done_ < breaks_->multiply_adds) return stopped_;
    done_ = 0;
    stopped_ = breaks_->should_stop();
    return stopped_;
  }

 private:
  const ScoringBreaks* const breaks_;
  size_t done_ = 0;  // since the last break
  bool stopped_ = false;
};

}  // namespace advae

#endif  // ADVAE_MODEL_NEIGHBORHOOD_SCORING_BREAKS_H_
