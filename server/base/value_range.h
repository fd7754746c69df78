#ifndef ADVAE_SERVER_BASE_VALUE_RANGE_H_
#define ADVAE_SERVER_BASE_VALUE_RANGE_H_

#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace advae {

// kInvalidArgument, with the flag's name and the range, unless `value` is within both bounds.
template <typename Value>
absl::Status InRange(const char* flag, Value value, Value least, Value most) {
  if (value >= least && value <= most) return absl::OkStatus();
  const auto text = [](Value shown) {
    if constexpr (std::is_same_v<Value, absl::Duration>)
      return absl::FormatDuration(shown);
    else
      return absl::StrCat(shown);
  };
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " is ", text(value), "; expected ",
                                                 text(least), " to ", text(most)));
}

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_VALUE_RANGE_H_
