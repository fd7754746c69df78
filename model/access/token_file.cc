#include "model/access/token_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/access/strict_json.h"
#include "model/base/file_io.h"
#include "model/base/file_lock.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxFileBytes = uint64_t{16} << 20;
constexpr absl::Duration kLockLimit = absl::Seconds(10);
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

absl::Status TakeMember(const std::string& name, const Json& value, Grant& grant) {
  const std::pair<const char*, std::string*> texts[] = {{"name", &grant.name},
                                                        {"id", &grant.id},
                                                        {"sha256", &grant.sha256},
                                                        {"subject", &grant.subject},
                                                        {"created", &grant.created}};
  for (const auto& [known, text] : texts) {
    if (name != known) continue;
    if (!value.is_string()) return absl::InvalidArgumentError(absl::StrCat(name, " is no text"));
    *text = value.get<std::string>();
    // Without its text, the grant would be for a certificate.
    if (text == &grant.subject && text->empty()) {
      return absl::InvalidArgumentError("subject is empty");
    }
    return absl::OkStatus();
  }
  if (name == "role") {
    const auto role = value.is_string() ? RoleNamed(value.get<std::string>()) : std::nullopt;
    if (!role) {
      return absl::InvalidArgumentError(
          absl::StrCat("role is ", value.dump(), "; expected viewer, scorer, trainer or admin"));
    }
    grant.role = *role;
    return absl::OkStatus();
  }
  // What a hand wrote and nobody reads could widen what is allowed.
  if (name != "models") {
    return absl::InvalidArgumentError(absl::StrCat(
        "member \"", name,
        "\" is unknown; expected name, role, models, id, sha256, subject and created"));
  }
  grant.models.clear();
  if (!value.is_array()) return absl::InvalidArgumentError("models is no list of patterns");
  for (const Json& pattern : value) {
    if (!pattern.is_string()) return absl::InvalidArgumentError("models is no list of patterns");
    grant.models.push_back(pattern.get<std::string>());
  }
  return absl::OkStatus();
}

absl::StatusOr<Grant> GrantOf(const Json& object) {
  if (!object.is_object()) return absl::InvalidArgumentError("expected an object");
  for (const char* const required : {"name", "role", "models"}) {
    if (!object.contains(required)) {
      return absl::InvalidArgumentError(absl::StrCat("member \"", required, "\" is missing"));
    }
  }
  Grant grant;
  for (const auto& [name, value] : object.items()) {
    ADVAE_RETURN_IF_ERROR(TakeMember(name, value, grant));
  }
  ADVAE_RETURN_IF_ERROR(ValidateGrant(grant));
  return grant;
}

// The ids and subjects by which tokens find their grants.
class TokenKeys {
 public:
  // kInvalidArgument when another grant has the same.
  absl::Status Add(const Grant& grant) {
    if (grant.is_token() && !ids_.insert(grant.id).second) {
      return absl::InvalidArgumentError(absl::StrCat("the id ", grant.id, " is there twice"));
    }
    if (grant.is_subject() && !subjects_.insert(grant.subject).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("the subject \"", grant.subject, "\" is there twice"));
    }
    return absl::OkStatus();
  }

 private:
  std::set<std::string> ids_;
  std::set<std::string> subjects_;
};

// Makes an empty file with the owner and the mode of `path`; without such a file, for its owner
// alone.
absl::Status MakeEmptyLike(const std::filesystem::path& path,
                           const std::filesystem::path& temporary) {
  ADVAE_RETURN_IF_ERROR(WriteFileSynced(temporary, ""));
  struct stat file = {};
  const bool exists = stat(path.c_str(), &file) == 0;
  if (chmod(temporary.c_str(), exists ? file.st_mode : kOwnerOnly) != 0) {
    return FileError("set the mode of", temporary, errno);
  }
  // Only root can give a file away; anybody else owns it already.
  if (exists && geteuid() == 0 && chown(temporary.c_str(), file.st_uid, file.st_gid) != 0) {
    return FileError("set the owner of", temporary, errno);
  }
  return absl::OkStatus();
}

absl::Status EditLocked(const std::filesystem::path& path, const std::filesystem::path& temporary,
                        const std::function<absl::Status(std::vector<Grant>& grants)>& edit) {
  absl::StatusOr<std::vector<Grant>> grants = ReadTokenFile(path);
  if (absl::IsNotFound(grants.status())) grants = std::vector<Grant>();
  ADVAE_RETURN_IF_ERROR(grants.status());
  ADVAE_RETURN_IF_ERROR(edit(*grants));
  TokenKeys keys;
  for (const Grant& grant : *grants) {
    ADVAE_RETURN_IF_ERROR(ValidateGrant(grant));
    ADVAE_RETURN_IF_ERROR(keys.Add(grant));
  }
  const absl::Cleanup remove_temporary = [&] { RemoveAll(temporary).IgnoreError(); };
  ADVAE_RETURN_IF_ERROR(MakeEmptyLike(path, temporary));
  return ReplaceFile(temporary, path, PrintTokenFile(*grants));
}

absl::Status NoTokenFile(const std::filesystem::path& path, const std::string& reason) {
  return absl::InvalidArgumentError(
      absl::StrCat(path.string(), " is no token file", reason,
                   "; expected {\"grants\": [...]}, as `advae token create` writes it"));
}

}  // namespace

absl::StatusOr<std::vector<Grant>> ParseTokenFile(const std::filesystem::path& path,
                                                  const std::string& text) {
  const absl::StatusOr<Json> parsed = ParseStrictJson(text);
  if (!parsed.ok()) return NoTokenFile(path, absl::StrCat(": ", parsed.status().message()));
  const Json& json = *parsed;
  if (!json.is_object() || json.size() != 1 || !json.contains("grants") ||
      !json["grants"].is_array()) {
    return NoTokenFile(path, "");
  }
  std::vector<Grant> grants;
  TokenKeys keys;
  for (const Json& object : json["grants"]) {
    absl::StatusOr<Grant> grant = GrantOf(object);
    if (grant.ok()) {
      if (absl::Status status = keys.Add(*grant); !status.ok()) grant = std::move(status);
    }
    if (!grant.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path.string(), ": grant ", grants.size() + 1,
                                                     ": ", grant.status().message()));
    }
    grants.push_back(*std::move(grant));
  }
  return grants;
}

std::string PrintTokenFile(const std::vector<Grant>& grants) {
  Json list = Json::array();
  for (const Grant& grant : grants) {
    Json object = {{"name", grant.name}, {"role", NameOf(grant.role)}, {"models", grant.models}};
    if (grant.is_token()) {
      object["id"] = grant.id;
      object["sha256"] = grant.sha256;
    }
    if (grant.is_subject()) object["subject"] = grant.subject;
    if (!grant.created.empty()) object["created"] = grant.created;
    list.push_back(std::move(object));
  }
  return Json({{"grants", std::move(list)}}).dump(2) + "\n";
}

absl::StatusOr<std::vector<Grant>> ReadTokenFile(const std::filesystem::path& path) {
  ADVAE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxFileBytes));
  return ParseTokenFile(path, text);
}

absl::Status EditTokenFile(const std::filesystem::path& path,
                           const std::function<absl::Status(std::vector<Grant>& grants)>& edit) {
  const std::filesystem::path file = std::filesystem::absolute(path);
  const std::string name = file.string();
  ADVAE_ASSIGN_OR_RETURN(FileLock lock, FileLock::Acquire(name + ".lock", kLockLimit));
  absl::Status status = EditLocked(file, name + ".new", edit);
  std::move(lock).RemoveFile();
  return status;
}

}  // namespace advae
