#include "server/monitoring/metrics_server.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "model/base/steady_clock.h"

namespace advae {
namespace {

constexpr absl::Duration kTimeForConnection = absl::Seconds(10);
constexpr absl::Duration kTick =
    absl::Milliseconds(500);  // how late the end of a connection may come
constexpr size_t kMaxRequestBytes = 8192;

std::string Answer(absl::string_view status, absl::string_view body, bool with_body = true) {
  return absl::StrCat("HTTP/1.1 ", status,
                      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ",
                      body.size(), "\r\nConnection: close\r\n\r\n", with_body ? body : "");
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const std::string& address, std::function<std::string()> page) {
  absl::StatusOr<ListeningSockets> listening = Listen(address);
  if (!listening.ok()) return listening.status();
  FileDescriptor stop(eventfd(0, EFD_CLOEXEC));
  if (stop.get() < 0) return absl::UnavailableError("no descriptor is left");
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(*std::move(listening), std::move(stop), std::move(page)));
}

MetricsServer::MetricsServer(ListeningSockets listening, FileDescriptor stop,
                             std::function<std::string()> page)
    : listening_(std::move(listening)),
      stop_(std::move(stop)),
      page_(std::move(page)),
      thread_([this] { Serve(); }) {}

MetricsServer::~MetricsServer() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void MetricsServer::Serve() {
  const size_t listeners = listening_.sockets.size();
  for (;;) {
    std::vector<pollfd> awaited = Awaited();
    poll(awaited.data(), awaited.size(),
         connections_.empty() ? -1 : static_cast<int>(absl::ToInt64Milliseconds(kTick)));
    if (awaited[0].revents != 0) return;
    const absl::Time now = SteadyNow();
    auto event = awaited.begin() + 1 + static_cast<std::ptrdiff_t>(listeners);
    for (auto it = connections_.begin(); it != connections_.end(); ++event) {
      const bool goes_on = it->end > now && (event->revents == 0 || Advance(*it));
      it = goes_on ? std::next(it) : connections_.erase(it);
    }
    for (size_t i = 0; i < listeners; ++i) {
      if (awaited[1 + i].revents != 0) Accept(awaited[1 + i].fd);
    }
  }
}

std::vector<pollfd> MetricsServer::Awaited() const {
  std::vector<pollfd> awaited = {{.fd = stop_.get(), .events = POLLIN, .revents = 0}};
  for (const FileDescriptor& socket : listening_.sockets) {
    awaited.push_back({.fd = socket.get(), .events = POLLIN, .revents = 0});
  }
  for (const Connection& connection : connections_) {
    const bool writes = connection.sent < connection.answer.size();
    awaited.push_back({.fd = connection.socket.get(),
                       .events = static_cast<int16_t>(writes ? POLLOUT : POLLIN),
                       .revents = 0});
  }
  return awaited;
}

void MetricsServer::Accept(int listener) {
  FileDescriptor socket(accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.get() < 0) {
    if (WouldBlock() || errno == ECONNABORTED) return;
    // No descriptor is left. One of ours may help; otherwise the others need time to end.
    if (connections_.empty()) return absl::SleepFor(kTick / 10);
    connections_.pop_front();
    return;
  }
  if (connections_.size() == kMaxConnections) connections_.pop_front();
  connections_.push_back({.socket = std::move(socket), .end = SteadyNow() + kTimeForConnection});
}

bool MetricsServer::Advance(Connection& connection) {
  if (connection.answer.empty() && !Read(connection)) return false;
  if (connection.sent < connection.answer.size()) return Write(connection);
  if (connection.answer.empty()) return true;
  // Until the client closes too: what it has sent beyond its request would otherwise cut the
  // answer.
  std::array<char, 1024> rest;
  const ssize_t count = recv(connection.socket.get(), rest.data(), rest.size(), 0);
  return count > 0 || (count < 0 && WouldBlock());
}

bool MetricsServer::Read(Connection& connection) {
  std::array<char, kMaxRequestBytes> block;
  const ssize_t count = recv(connection.socket.get(), block.data(), block.size(), 0);
  if (count <= 0) return count < 0 && WouldBlock();
  std::string& request = connection.request;
  request.append(block.data(), static_cast<size_t>(count));
  if (absl::StrContains(request, "\r\n\r\n")) {
    connection.answer = AnswerTo(request);
  } else if (request.size() >= kMaxRequestBytes) {
    connection.answer = Answer("431 Request Header Fields Too Large", "the request is too long\n");
  }
  return true;
}

bool MetricsServer::Write(Connection& connection) {
  const ssize_t count = send(connection.socket.get(), connection.answer.data() + connection.sent,
                             connection.answer.size() - connection.sent, MSG_NOSIGNAL);
  if (count < 0) return WouldBlock();
  connection.sent += static_cast<size_t>(count);
  if (connection.sent == connection.answer.size()) shutdown(connection.socket.get(), SHUT_WR);
  return true;
}

std::string MetricsServer::AnswerTo(const std::string& request) const {
  const std::vector<absl::string_view> words =
      absl::StrSplit(absl::string_view(request).substr(0, request.find("\r\n")), ' ');
  if (words.size() != 3) return Answer("400 Bad Request", "not an HTTP request\n");
  if (words[0] != "GET" && words[0] != "HEAD") {
    return Answer("405 Method Not Allowed", "expected GET\n");
  }
  if (words[1].substr(0, words[1].find('?')) != "/metrics") {
    return Answer("404 Not Found", "the metrics are at /metrics\n");
  }
  return Answer("200 OK", page_(), words[0] == "GET");
}

}  // namespace advae
