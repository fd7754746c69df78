#include "model/access/grant.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "model/base/hex.h"
#include "model/base/wildcard.h"

namespace advae {
namespace {

constexpr size_t kMaxName = 64;
constexpr size_t kMaxPattern = 64;
constexpr size_t kMaxSubject = 255;  // as OpenID Connect has it
constexpr size_t kIdDigits = 16;
constexpr size_t kHashDigits = 64;

bool IsHex(std::string_view text, size_t digits) {
  return text.size() == digits && IsLowerHex(text);
}

bool IsOf(std::string_view text, size_t most, std::string_view further) {
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, [further](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           further.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool Grant::Covers(std::string_view model) const {
  return std::ranges::any_of(
      models, [model](const std::string& pattern) { return MatchesPattern(pattern, model); });
}

bool Grant::CoversAll() const { return std::ranges::find(models, "*") != models.end(); }

bool IsSubject(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSubject && std::ranges::all_of(text, [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
}

absl::Status ValidateGrant(const Grant& grant) {
  if (!IsOf(grant.name, kMaxName, "._-@:/")) {
    return absl::InvalidArgumentError(absl::StrCat("the name \"", grant.name,
                                                   "\" is not one of 1 to ", kMaxName,
                                                   " letters, digits and . _ - @ : /"));
  }
  if (grant.models.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", grant.name, "\" has no models; expected patterns, such as *"));
  }
  for (const std::string& pattern : grant.models) {
    if (IsOf(pattern, kMaxPattern, "._-*?")) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the pattern \"", pattern, "\" is not one of 1 to ", kMaxPattern,
                     " letters, digits and . _ - * ?, as names of models have them"));
  }
  const bool has_token = !grant.id.empty() || !grant.sha256.empty();
  if (grant.is_subject()) {
    if (IsSubject(grant.subject) && !has_token) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", grant.name, "\" has a damaged subject; expected 1 to ", kMaxSubject,
        " printable ASCII characters other than the space, and neither id nor sha256"));
  }
  if (!has_token || (IsHex(grant.id, kIdDigits) && IsHex(grant.sha256, kHashDigits))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", grant.name, "\" has a damaged id or sha256; expected ", kIdDigits, " and ",
                   kHashDigits, " hexadecimal digits"));
}

}  // namespace advae
