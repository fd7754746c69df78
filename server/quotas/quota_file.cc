#include "server/quotas/quota_file.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/access/strict_json.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxFileBytes = uint64_t{16} << 20;
constexpr size_t kMaxNameBytes = 256;
constexpr uint64_t kMaxLimit = uint64_t{1} << 50;
constexpr uint64_t kMaxWeight = 1000;
constexpr char kForm[] = R"(expected {"quotas": [{"name": ..., "calls": ...}, ...]})";

absl::StatusOr<uint64_t> WholeNumber(const Json& value, uint64_t most) {
  const bool is_whole = value.is_number_unsigned();
  if (is_whole && value.get<uint64_t>() >= 1 && value.get<uint64_t>() <= most) {
    return value.get<uint64_t>();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("is ", value.dump(), "; expected a whole number of 1 to ", most));
}

absl::Status TakeMember(const std::string& member, const Json& value, NamedQuota& named) {
  if (member == "name") {
    if (value.is_string()) named.name = value.get<std::string>();
    if (!named.name.empty() && named.name.size() <= kMaxNameBytes) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("is ", value.dump(), "; expected a text of 1 to ", kMaxNameBytes, " bytes"));
  }
  if (member == "weight") {
    ADVAE_ASSIGN_OR_RETURN(named.quota.weight, WholeNumber(value, kMaxWeight));
    return absl::OkStatus();
  }
  for (const QuotaKind kind : kQuotaKinds) {
    if (member != NameOf(kind)) continue;
    ADVAE_ASSIGN_OR_RETURN(named.quota.limit(kind), WholeNumber(value, kMaxLimit));
    return absl::OkStatus();
  }
  std::string known = "name, weight";
  for (const QuotaKind kind : kQuotaKinds) absl::StrAppend(&known, ", ", NameOf(kind));
  return absl::InvalidArgumentError(absl::StrCat("is unknown; expected ", known));
}

absl::StatusOr<NamedQuota> QuotaOf(const Json& object) {
  if (!object.is_object()) return absl::InvalidArgumentError("expected an object");
  NamedQuota named;
  for (const auto& [member, value] : object.items()) {
    if (const absl::Status status = TakeMember(member, value, named); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("member \"", member, "\" ", status.message()));
    }
  }
  if (named.name.empty()) return absl::InvalidArgumentError("member \"name\" is missing");
  return named;
}

}  // namespace

absl::StatusOr<std::vector<NamedQuota>> ParseQuotaFile(const std::filesystem::path& path,
                                                       const std::string& text) {
  const absl::StatusOr<Json> parsed = ParseStrictJson(text);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": ", parsed.status().message()));
  }
  const Json& json = *parsed;
  if (!json.is_object() || json.size() != 1 || !json.contains("quotas") ||
      !json["quotas"].is_array()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), " is no file of quotas; ", kForm));
  }
  std::vector<NamedQuota> quotas;
  std::set<std::string> names;
  for (const Json& object : json["quotas"]) {
    absl::StatusOr<NamedQuota> quota = QuotaOf(object);
    if (quota.ok() && !names.insert(quota->name).second) {
      quota = absl::InvalidArgumentError(absl::StrCat("\"", quota->name, "\" has one before"));
    }
    if (!quota.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path.string(), ": quota ", quotas.size() + 1,
                                                     ": ", quota.status().message()));
    }
    quotas.push_back(*std::move(quota));
  }
  return quotas;
}

absl::StatusOr<std::vector<NamedQuota>> ReadQuotaFile(const std::filesystem::path& path) {
  ADVAE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxFileBytes));
  return ParseQuotaFile(path, text);
}

}  // namespace advae
