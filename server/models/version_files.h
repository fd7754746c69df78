#ifndef ADVAE_SERVER_MODELS_VERSION_FILES_H_
#define ADVAE_SERVER_MODELS_VERSION_FILES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "model/repository/repository.h"

namespace advae {

// What a server knows of the files of versions: what they were when it loaded them, and which it
// could not load. Not thread-safe: the model table guards it.
class VersionFiles {
 public:
  // `repository` outlives this object.
  explicit VersionFiles(const Repository& repository) : repository_(repository) {}

  // The version was loaded from files like this.
  void Loaded(const std::string& model, uint64_t version, Repository::VersionState state);
  // Null when it has not been loaded.
  const Repository::VersionState* FindLoaded(const std::string& model, uint64_t version) const;

  // The version's files could not be read, for this reason; `fingerprint` is theirs (see
  // Repository::Fingerprint), taken before. False when that was known, and is not worth a word.
  bool Failed(const std::string& model, uint64_t version, std::string fingerprint,
              const absl::Status& reason);
  // The files could be read.
  void Succeeded(const std::string& model, uint64_t version);

  // True when the files are damaged and have not changed since that was found.
  bool IsDamaged(const std::string& model, uint64_t version) const;

  // How many versions' files could not be read the last time, but for lack of memory.
  size_t CountUnreadable() const;

  // Forgets all versions of the model but these.
  void KeepOnly(const std::string& model, const std::vector<uint64_t>& versions);
  // Forgets all models but those for which `is_listed`.
  template <typename Predicate>
  void KeepOnly(const Predicate& is_listed) {
    const auto is_gone = [&](const auto& entry) { return !is_listed(entry.first); };
    std::erase_if(loaded_, is_gone);
    std::erase_if(failures_, is_gone);
  }

 private:
  struct Failure {
    std::string fingerprint;  // of damaged files; empty when reading should be tried again
    absl::Status reason;
  };
  template <typename Known>
  using ByVersion = std::map<std::string, std::map<uint64_t, Known>, std::less<>>;

  const Repository& repository_;
  ByVersion<Repository::VersionState> loaded_;
  ByVersion<Failure> failures_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MODELS_VERSION_FILES_H_
