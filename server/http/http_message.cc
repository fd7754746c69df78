#include "server/http/http_message.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/shown_text.h"

namespace advae {
namespace {

int HexOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// A part of a request target, decoded; what is no code stays as it is.
std::string Decoded(std::string_view encoded) {
  std::string text;
  for (size_t i = 0; i < encoded.size(); ++i) {
    const int high = encoded[i] == '%' && i + 2 < encoded.size() ? HexOf(encoded[i + 1]) : -1;
    const int low = high >= 0 ? HexOf(encoded[i + 2]) : -1;
    if (low < 0) {
      text += encoded[i];
      continue;
    }
    text += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return text;
}

std::map<std::string, std::string> QueryOf(std::string_view text) {
  std::map<std::string, std::string> query;
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(text.data(), text.size()), '&', absl::SkipEmpty());
  for (const std::string_view part : parts) {
    const size_t equals = part.find('=');
    query.emplace(Decoded(part.substr(0, equals)),
                  equals == std::string_view::npos ? "" : Decoded(part.substr(equals + 1)));
  }
  return query;
}

// Path and query of a target in absolute form, as a proxy sends it; another target as it is.
std::string_view WithoutOrigin(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase({target.data(), target.size()},
                                    {scheme.data(), scheme.size()})) {
      continue;
    }
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    return target.empty() ? "/" : target;
  }
  return target;
}

}  // namespace

void SetTarget(std::string_view target, HttpRequest& request) {
  target = WithoutOrigin(target);
  const size_t end = target.find('?');
  request.path = end == 0 ? "/" : Decoded(target.substr(0, end));
  if (end != std::string_view::npos) request.query = QueryOf(target.substr(end + 1));
}

absl::Status CheckQuery(const HttpRequest& request, std::span<const std::string_view> known) {
  const auto append = [](std::string* text, std::string_view name) { text->append(name); };
  for (const auto& [name, unused] : request.query) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the query has \"", ShownText(name), "\": expected ",
                     known.empty() ? "no parameters" : absl::StrJoin(known, ", ", append)));
  }
  return absl::OkStatus();
}

Credentials CredentialsOf(const HttpRequest& request) {
  const auto authorization = request.headers.find("authorization");
  return {.authorization =
              authorization == request.headers.end() ? std::string_view() : authorization->second,
          .certificate_names = request.certificate_names};
}

}  // namespace advae
