#include "server/services/operation_stream.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace advae {

absl::Status OfRequest(size_t index, const absl::Status& status) {
  absl::Status failure(status.code(), absl::StrCat("request ", index, ": ", status.message()));
  status.ForEachPayload([&failure](absl::string_view type, const absl::Cord& payload) {
    failure.SetPayload(type, payload);
  });
  return failure;
}

}  // namespace advae
