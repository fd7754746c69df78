#include "server/monitoring/trace_parent.h"

#include <cstddef>

#include "model/base/hex.h"

namespace advae {
namespace {

constexpr size_t kTraceIdLength = 32;
constexpr size_t kParentIdLength = 16;
// Of version 00. Later versions may add further fields behind another dash.
constexpr size_t kLength = 2 + 1 + kTraceIdLength + 1 + kParentIdLength + 1 + 2;

bool IsId(std::string_view text) {
  return IsLowerHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

std::string_view TraceId(std::string_view trace_parent) {
  if (trace_parent.size() < kLength) return "";
  const std::string_view version = trace_parent.substr(0, 2);
  const std::string_view trace_id = trace_parent.substr(3, kTraceIdLength);
  const std::string_view parent_id = trace_parent.substr(36, kParentIdLength);
  const std::string_view flags = trace_parent.substr(53, 2);
  const std::string_view rest = trace_parent.substr(kLength);
  const bool dashed = trace_parent[2] == '-' && trace_parent[35] == '-' && trace_parent[52] == '-';
  const bool end_is_valid = rest.empty() || (version != "00" && rest.front() == '-');
  if (!dashed || !end_is_valid || !IsLowerHex(version) || version == "ff" || !IsId(trace_id) ||
      !IsId(parent_id) || !IsLowerHex(flags)) {
    return "";
  }
  return trace_id;
}

}  // namespace advae
