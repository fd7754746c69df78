#include "model/repository/model_name.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

constexpr size_t kMaxNameLength = 64;

}  // namespace

absl::Status ValidateModelName(std::string_view name) {
  const auto allowed = [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
  };
  if (!name.empty() && name.size() <= kMaxNameLength && absl::ascii_isalnum(name.front()) &&
      std::all_of(name.begin(), name.end(), allowed)) {
    return absl::OkStatus();
  }
  const std::string shown = EscapeText(Utf8Prefix(name, kMaxNameLength));
  return absl::InvalidArgumentError(
      absl::StrCat("model name '", shown, name.size() > kMaxNameLength ? "...' (" : "' (",
                   name.size(), " bytes) is not valid; expected 1 to ", kMaxNameLength,
                   " letters, digits, '_', '-' or '.', starting with a letter or digit"));
}

}  // namespace advae
