#include "model/fitting/feature_names.h"

#include <string_view>
#include <unordered_set>

#include "absl/strings/str_cat.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

constexpr size_t kMaxFeatureNameBytes = 256;

}  // namespace

std::vector<std::string> DefaultFeatureNames(size_t columns) {
  std::vector<std::string> names;
  names.reserve(columns);
  for (size_t j = 0; j < columns; ++j) names.push_back(absl::StrCat("x", j));
  return names;
}

absl::Status ValidateFeatureNames(const std::vector<std::string>& names, size_t columns) {
  if (names.size() != columns) {
    return absl::InvalidArgumentError(absl::StrCat("expected one feature name for each of the ",
                                                   columns, " columns, got ", names.size()));
  }
  std::unordered_set<std::string_view> seen;
  for (size_t j = 0; j < names.size(); ++j) {
    const std::string& name = names[j];
    if (name.empty() || name.size() > kMaxFeatureNameBytes || !IsUtf8(name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature name ", j, " is not valid: expected 1 to ", kMaxFeatureNameBytes,
                       " bytes of UTF-8, got ", name.size(), " bytes"));
    }
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("feature name '", name, "' appears more than once"));
    }
  }
  return absl::OkStatus();
}

}  // namespace advae
