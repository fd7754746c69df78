#ifndef ADVAE_SERVER_MODELS_MODEL_STATE_H_
#define ADVAE_SERVER_MODELS_MODEL_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "model/scoring/loaded_version.h"
#include "server/history/model_history.h"
#include "server/metrics/model_metrics.h"
#include "server/metrics/version_statistics.h"

namespace advae {

// One model at one moment: its loaded versions and which of them serves.
struct ModelState {
  std::string name;
  uint64_t serving_version = 0;  // a key of `versions`
  // The version that is to serve: as the repository says, or its newest.
  std::optional<uint64_t> chosen_version;
  std::map<uint64_t, std::shared_ptr<const LoadedVersion>> versions;
  // By the same keys.
  std::map<uint64_t, std::shared_ptr<VersionStatistics>> statistics;
  std::shared_ptr<ModelMetrics> metrics;
  std::shared_ptr<ModelHistory> history;  // null when none is kept
  // Versions of the repository that could not be loaded, for their files or for want of memory.
  std::set<uint64_t> not_loadable;

  const LoadedVersion& serving() const { return *versions.at(serving_version); }
};

// The version that serves: the one the repository names when it is loaded, else the highest.
uint64_t ServingVersion(const ModelState& model, std::optional<uint64_t> named);

// `model` without the versions `left_out`; null when none is left.
std::shared_ptr<const ModelState> WithoutVersions(ModelState model,
                                                  const std::map<uint64_t, std::string>& left_out);

// The versions of the repository that do not answer, and why: those of `left_out` with these
// reasons, and those that are not loadable. Of the one that was to serve, the reason goes on
// to say which answers instead.
std::map<uint64_t, std::string> AbsentVersions(const ModelState& model,
                                               std::map<uint64_t, std::string> left_out);

// Logs what `known` had and `now` (null when the model is gone) has not.
void LogGone(const ModelState& known, const ModelState* now);

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_MODEL_STATE_H_
