#include "tests/integration/harness/metrics_page.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace advae::testing {
namespace {

constexpr timeval kAnswerLimit = {.tv_sec = 60, .tv_usec = 0};

// Text up to the closing of the connection.
absl::StatusOr<std::string> Exchange(const std::string& host, uint16_t port,
                                     const std::string& request) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const absl::Cleanup close_connection = [connection] { close(connection); };
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &kAnswerLimit, sizeof(kAnswerLimit));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
      connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return absl::UnavailableError(absl::StrCat("cannot connect to ", host, ":", port));
  }
  if (send(connection, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return absl::UnavailableError("cannot send the request");
  }
  std::string answer;
  std::array<char, 65536> block;
  for (ssize_t count; (count = recv(connection, block.data(), block.size(), 0)) != 0;) {
    if (count < 0) return absl::UnavailableError("no complete answer");
    answer.append(block.data(), static_cast<size_t>(count));
  }
  return answer;
}

// The series with its labels sorted by name.
std::string Canonical(absl::string_view series) {
  const size_t brace = series.find('{');
  if (brace == absl::string_view::npos) return std::string(series);
  // No label value of the server has a comma in it.
  std::vector<std::string> labels =
      absl::StrSplit(series.substr(brace + 1, series.size() - brace - 2), ',', absl::SkipEmpty());
  std::ranges::sort(labels);
  return absl::StrCat(series.substr(0, brace), "{", absl::StrJoin(labels, ","), "}");
}

}  // namespace

absl::StatusOr<std::string> HttpGet(const std::string& address, const std::string& path) {
  const std::vector<std::string> parts = absl::StrSplit(address, ':');
  uint32_t port = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[1], &port)) {
    return absl::UnavailableError(absl::StrCat("expected IPv4:PORT, got ", address));
  }
  // Version 1.0: the server closes the connection after the body and sends it in one piece.
  const absl::StatusOr<std::string> answer =
      Exchange(parts[0], static_cast<uint16_t>(port),
               absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: ", address, "\r\n\r\n"));
  if (!answer.ok()) return answer.status();
  const size_t header_end = answer->find("\r\n\r\n");
  if (!absl::StrContains(answer->substr(0, answer->find("\r\n")), " 200 ") ||
      header_end == std::string::npos) {
    return absl::UnavailableError(absl::StrCat("answer without success: ", *answer));
  }
  return answer->substr(header_end + 4);
}

absl::StatusOr<MetricsPage> MetricsPage::Fetch(const std::string& address) {
  const absl::StatusOr<std::string> body = HttpGet(address, "/metrics");
  if (!body.ok()) return body.status();
  MetricsPage page;
  for (const absl::string_view line : absl::StrSplit(*body, '\n', absl::SkipEmpty())) {
    if (absl::StartsWith(line, "#")) continue;
    const size_t space = line.rfind(' ');
    double value = 0;
    if (space == absl::string_view::npos || !absl::SimpleAtod(line.substr(space + 1), &value)) {
      return absl::InternalError(absl::StrCat("no sample: ", line));
    }
    page.series_.emplace(Canonical(line.substr(0, space)), value);
  }
  return page;
}

std::optional<double> MetricsPage::Value(const std::string& series) const {
  const auto found = series_.find(Canonical(series));
  if (found == series_.end()) return std::nullopt;
  return found->second;
}

bool MetricsPage::Mentions(const std::string& text) const {
  return std::ranges::any_of(
      series_, [&](const auto& sample) { return absl::StrContains(sample.first, text); });
}

}  // namespace advae::testing
