#include "server/models/model_state.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/log/log.h"

namespace advae {

uint64_t ServingVersion(const ModelState& model, std::optional<uint64_t> named) {
  return named && model.versions.contains(*named) ? *named : model.versions.rbegin()->first;
}

std::map<uint64_t, std::string> AbsentVersions(const ModelState& model,
                                               std::map<uint64_t, std::string> left_out) {
  for (const uint64_t version : model.not_loadable) {
    left_out.emplace(version, "it cannot be loaded; the server's log says why");
  }
  if (const auto chosen = left_out.find(model.chosen_version.value_or(0));
      chosen != left_out.end()) {
    absl::StrAppend(&chosen->second, "; it was to serve, and version ", model.serving_version,
                    " answers instead");
  }
  return left_out;
}

void LogGone(const ModelState& known, const ModelState* now) {
  if (now == nullptr) return Log(LogLevel::kInfo, "model gone", {{"model", known.name}});
  for (const auto& [version, loaded] : known.versions) {
    if (now->versions.contains(version)) continue;
    Log(LogLevel::kInfo, "version gone", {{"model", known.name}, {"version", version}});
  }
}

std::shared_ptr<const ModelState> WithoutVersions(ModelState model,
                                                  const std::map<uint64_t, std::string>& left_out) {
  const auto is_left_out = [&](const auto& entry) { return left_out.contains(entry.first); };
  std::erase_if(model.versions, is_left_out);
  std::erase_if(model.statistics, is_left_out);
  if (model.versions.empty()) return nullptr;
  model.serving_version = ServingVersion(model, model.serving_version);
  return std::make_shared<const ModelState>(std::move(model));
}

}  // namespace advae
