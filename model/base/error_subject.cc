#include "model/base/error_subject.h"

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr char kField[] = "advae/field";
constexpr char kModel[] = "advae/model";
constexpr char kVersion[] = "advae/version";

absl::Cord CordOf(std::string_view text) { return absl::Cord(std::string(text)); }

}  // namespace

absl::Status AtField(absl::Status status, std::string_view field) {
  if (status.ok()) return status;
  const std::string within = FieldOf(status);
  std::string path(field);
  if (!within.empty()) absl::StrAppend(&path, ".", within);
  return WithField(std::move(status), path);
}

absl::Status WithField(absl::Status status, std::string_view path) {
  status.ErasePayload(kField);
  if (!path.empty()) status.SetPayload(kField, CordOf(path));
  return status;
}

std::string FieldOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kField);
  return payload ? static_cast<std::string>(*payload) : std::string();
}

absl::Status About(absl::Status status, const ErrorResource& resource) {
  status.SetPayload(kModel, CordOf(resource.model));
  if (resource.version) status.SetPayload(kVersion, CordOf(absl::StrCat(*resource.version)));
  return status;
}

std::optional<ErrorResource> ResourceOf(const absl::Status& status) {
  const auto model = status.GetPayload(kModel);
  if (!model) return std::nullopt;
  ErrorResource resource = {.model = static_cast<std::string>(*model)};
  uint64_t version = 0;
  const auto payload = status.GetPayload(kVersion);
  if (payload && absl::SimpleAtoi(static_cast<std::string>(*payload), &version))
    resource.version = version;
  return resource;
}

}  // namespace advae
