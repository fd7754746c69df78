#include "server/transport/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace advae {

size_t RaiseDescriptorLimit() {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

absl::StatusOr<size_t> ConnectionsWithin(size_t limit, size_t wanted, size_t reserved) {
  if (limit > reserved) return std::min(wanted, limit - reserved);
  return absl::UnavailableError(
      absl::StrCat("the process may open ", limit, " descriptors; expected more than ", reserved,
                   ", which it reserves for everything but connections (ulimit -n, LimitNOFILE)"));
}

}  // namespace advae
