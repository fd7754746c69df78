#include "server/quotas/quota_file.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
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

size_t LineOf(std::string_view text, size_t byte) {
  return 1 + std::ranges::count(text.substr(0, byte), '\n');
}

// JSON in which no object has a member twice: a reader of the file would not see which one counts.
absl::StatusOr<Json> ParseStrictly(const std::filesystem::path& path, const std::string& text) {
  std::vector<std::set<std::string>> open;  // the members of the objects around
  std::string twice;
  const auto note_members = [&](int /*depth*/, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key &&
        !open.back().insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  try {
    Json json = Json::parse(text, note_members);
    if (twice.empty()) return json;
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), ": an object has the member \"", twice, "\" twice"));
  } catch (const Json::parse_error& error) {
    return absl::InvalidArgumentError(absl::StrCat(
        path.string(), ": line ", LineOf(text, error.byte), " is no JSON (", error.what(), ")"));
  } catch (const Json::exception& error) {  // such as a number that is too large
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": ", error.what()));
  }
}

}  // namespace

absl::StatusOr<std::vector<NamedQuota>> ParseQuotaFile(const std::filesystem::path& path,
                                                       const std::string& text) {
  ADVAE_ASSIGN_OR_RETURN(const Json json, ParseStrictly(path, text));
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
