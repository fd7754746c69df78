#ifndef ADVAE_SERVER_MODELS_VERSION_ROOM_H_
#define ADVAE_SERVER_MODELS_VERSION_ROOM_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/repository/repository.h"
#include "model/scoring/version_memory.h"
#include "server/base/stored_use.h"
#include "server/models/version_selection.h"

namespace advae {

// Versions of the repository that a server does not hold: why, by model and version.
using LeftOutVersions = std::map<std::string, std::map<uint64_t, std::string>, std::less<>>;

// What is stored, by the names of those who made it.
using StoredUses = std::map<std::string, StoredUse, std::less<>>;

// Shares out the memory for versions, which are estimated from their manifests before they are
// loaded. Not thread-safe.
class VersionRoom {
 public:
  explicit VersionRoom(ModelMemoryLimit budget) : budget_(budget) {}

  const ModelMemoryLimit& budget() const { return budget_; }

  // Takes note of what `repository` has of one model, in place of what was known of it; `serving`
  // is the version of it that serves now. A version whose manifest cannot be read takes no room:
  // who loads it learns why.
  void Update(const Repository& repository, const Repository::ModelVersions& stored,
              std::optional<uint64_t> serving);
  // Forgets all models but those for which `is_listed`.
  template <typename Predicate>
  void KeepOnly(const Predicate& is_listed) {
    std::erase_if(models_, [&](const auto& entry) { return !is_listed(entry.first); });
  }

  // Those of all known versions that are not to be held (SelectVersions).
  LeftOutVersions LeaveOut();

  // Tells that memory ran out as the version was loaded. It is left out for one LeaveOut, then two,
  // four and so on, but not any more once the known versions take less.
  void RanOutOfMemory(const std::string& model, uint64_t version);

  // Whether a version that was left out for others that do not serve would not be if it was to
  // serve.
  bool FitsBesideServing(std::string_view model, uint64_t version) const;

  // What the known versions take of the repository, without those of unknown creators.
  StoredUses Stored() const;

  // As of the last LeaveOut: what the versions take that are to be held, and those among them that
  // serve or are to serve.
  const MemoryUse& held() const { return held_; }
  const MemoryUse& serving() const { return serving_; }

 private:
  using Key = std::pair<std::string, uint64_t>;
  struct Setback {
    uint64_t times = 0;
    uint64_t left_out_for = 0;  // calls of LeaveOut
  };

  // Leaves out what waits because memory ran out, and takes it off `candidates`.
  void LeaveOutSetBack(std::vector<VersionCandidate>& candidates, LeftOutVersions& left_out);

  const ModelMemoryLimit budget_;
  std::map<std::string, std::vector<VersionCandidate>, std::less<>> models_;
  std::map<Key, Setback> setbacks_;
  uint64_t known_bytes_ = 0;
  MemoryUse held_;
  MemoryUse serving_;
};

size_t CountVersions(const LeftOutVersions& left_out);

// Logs which versions of a model are left out that were not `before`.
void LogLeftOut(const std::string& model, const std::map<uint64_t, std::string>& left_out,
                const std::map<uint64_t, std::string>& before);

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_VERSION_ROOM_H_
