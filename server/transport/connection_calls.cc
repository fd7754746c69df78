#include "server/transport/connection_calls.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_replace.h"
#include "model/base/steady_clock.h"
#include "server/log/log.h"

namespace advae {
namespace {

constexpr int kLinesPerSecond = 1;

// Of a peer as gRPC has it, as PeerAddress has it: "[::1]:50051" of "ipv6:%5B::1%5D:50051".
std::string AddressOf(std::string_view peer) {
  std::string address(peer.substr(peer.find(':') + 1));
  absl::StrReplaceAll({{"%5B", "["}, {"%5D", "]"}}, &address);
  // The interface of a link-local address.
  const size_t zone = address.find('%');
  if (zone != std::string::npos) address.erase(zone, address.find(']', zone) - zone);
  return address;
}

}  // namespace

ConnectionCalls::ConnectionCalls(const Limits& limits, OpenSockets& open,
                                 ConnectionMetrics& metrics)
    : limits_(limits), open_(open), metrics_(metrics), limiter_(kLinesPerSecond) {}

ConnectionCalls::Call ConnectionCalls::Begin(std::string peer) {
  Call call = nullptr;
  std::string cut;
  {
    absl::MutexLock lock(&mutex_);
    call = &*counts_.try_emplace(std::move(peer)).first;
    ++call->second.calls;
    if (!call->second.is_cut) ++total_;
    const Call chosen = ChooseCut(call);
    if (chosen == nullptr) return call;
    cut = chosen->first;
  }
  Cut(cut);
  return call;
}

void ConnectionCalls::End(Call call) {
  absl::MutexLock lock(&mutex_);
  if (!call->second.is_cut) --total_;
  if (--call->second.calls == 0) counts_.erase(counts_.find(call->first));
}

ConnectionCalls::Call ConnectionCalls::ChooseCut(Call latest) {
  // One that has come again from the same port, while calls of the one that was cut still end.
  if (latest->second.is_cut) {
    return latest->second.calls % limits_.connection == 0 ? latest : nullptr;
  }
  if (latest->second.calls <= limits_.connection) {
    if (total_ <= limits_.total) return nullptr;
    const auto counted = [](const Counts::value_type& entry) {
      return entry.second.is_cut ? 0 : entry.second.calls;
    };
    latest = &*std::ranges::max_element(counts_, {}, counted);
  }
  latest->second.is_cut = true;
  total_ -= latest->second.calls;
  return latest;
}

void ConnectionCalls::Cut(const std::string& peer) {
  if (!open_.Shut(AddressOf(peer))) return;
  metrics_.cut.Increment();
  const std::optional<uint64_t> held_back = limiter_.Admit("connection", SteadyNow());
  if (!held_back) return;
  Log(LogLevel::kWarning, "connection cut: it has too many calls",
      {{"peer", peer}, {"held_back", *held_back}});
}

}  // namespace advae
