#ifndef ADVAE_SERVER_SERVICES_ANSWER_SIZE_H_
#define ADVAE_SERVER_SERVICES_ANSWER_SIZE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "advae/v1/types.pb.h"
#include "server/messages/received.h"

namespace advae {

// At most so many bytes that the answer to a score request takes.
struct AnswerSize {
  uint64_t sent;
  // In memory until it is sent: the message, its sent form, and what it is computed from.
  uint64_t held;
};

// Of `rows` rows of the version with `top_features` of them named for each.
AnswerSize AnswerSizeOf(const v1::VersionInfo& version, size_t rows, uint32_t top_features);

// Leases the memory of an answer. kResourceExhausted: the answer is larger than the limit, or than
// what is left of the memory, then with a retry hint.
absl::Status LeaseAnswer(const AnswerSize& size, const Received& request);

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_ANSWER_SIZE_H_
