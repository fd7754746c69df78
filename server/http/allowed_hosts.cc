#include "server/http/allowed_hosts.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "absl/strings/ascii.h"

namespace advae {
namespace {

// Of NAME, NAME:PORT or [ADDRESS]:PORT, the name in lower case and without a final dot.
std::string NameIn(std::string_view host) {
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else if (std::ranges::count(host, ':') == 1) {
    host = host.substr(0, host.find(':'));
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  return absl::AsciiStrToLower(std::string(host));
}

bool IsLoopback(const std::string& name) {
  if (name == "localhost" || name.ends_with(".localhost")) return true;
  boost::system::error_code is_none;
  const auto address = boost::asio::ip::make_address(name, is_none);
  return !is_none && address.is_loopback();
}

}  // namespace

AllowedHosts::AllowedHosts(std::vector<std::string> names) : all_(false), names_(std::move(names)) {
  for (std::string& name : names_) name = NameIn(name);
}

bool AllowedHosts::Allow(std::string_view host) const {
  if (all_ || host.empty()) return true;
  const std::string name = NameIn(host);
  return IsLoopback(name) || std::ranges::count(names_, name) > 0;
}

}  // namespace advae
