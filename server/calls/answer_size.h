#ifndef ADVAE_SERVER_CALLS_ANSWER_SIZE_H_
#define ADVAE_SERVER_CALLS_ANSWER_SIZE_H_

#include <google/protobuf/message.h>

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

  AnswerSize& operator+=(const AnswerSize& other) {
    sent += other.sent;
    held += other.held;
    return *this;
  }
};

// Parts of an answer that depend on the request.
struct AnswerParts {
  uint32_t top_features = 0;
  uint32_t nearest_rows = 0;
  // Of a value in an explanation, at most so many bytes.
  size_t value_bytes = 0;
};

// Of `rows` rows of the version with `parts` for each.
AnswerSize AnswerSizeOf(const v1::VersionInfo& version, size_t rows, const AnswerParts& parts);

// Of a message that goes into an answer as it is.
AnswerSize AnswerSizeOf(const google::protobuf::Message& part);

// Leases the memory of an answer. kResourceExhausted: the answer is larger than the limit, then
// with `remedy`, which is what the client can do about it; or than what is left of the memory, then
// with a retry hint.
absl::Status LeaseAnswer(const AnswerSize& size, const Received& request, const char* remedy);

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_ANSWER_SIZE_H_
