#ifndef ADVAE_SERVER_MESSAGES_RECEIVED_H_
#define ADVAE_SERVER_MESSAGES_RECEIVED_H_

#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/serialization_traits.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/identity/access_control.h"
#include "server/messages/memory_budget.h"

namespace advae {

// What messages of calls may take. Thread-safe.
struct MessageLimits {
  MemoryBudget budget;
  // One message, once it is parsed.
  const uint64_t max_parsed_bytes;
  // One answer.
  const uint64_t max_response_bytes;
};

// A message that comes in: gRPC is given this instead of the message itself, so that its size is
// known and its memory leased before it is parsed, and so that what cannot be parsed ends in an
// error of its own: gRPC would take it for the end of a stream. Not thread-safe.
class Received {
 public:
  // What gRPC's templates mention and never make.
  Received() = default;
  // Of a call with a `permit`; the others outlive this object.
  Received(google::protobuf::Message& message, MessageLimits& limits, CallPermit permit = {})
      : message_(&message), limits_(&limits), permit_(std::move(permit)), lease_(limits.budget) {}

  // Parses `bytes` into the message, which it clears first, and empties them. For gRPC.
  void Take(grpc::ByteBuffer& bytes);

  // Says whose call it is when the message is there already, and returns the status then.
  const absl::Status& Admit(CallPermit permit) const;

  // The outcome of the last Take. kInvalidArgument: malformed; kResourceExhausted: larger than the
  // limits or than what is left of the budget, then with a retry hint; kPermissionDenied: not for
  // this caller. Unless OK, the message is empty, or not to be looked at.
  const absl::Status& status() const { return status_; }
  const google::protobuf::Message& message() const { return *message_; }
  MessageLimits& limits() const { return *limits_; }
  const CallPermit& permit() const { return permit_; }
  // Holds the message's memory until the next Take; what belongs to the call may be added.
  MemoryLease& lease() const { return *lease_; }

 private:
  absl::Status Parse(grpc::ByteBuffer& bytes);

  google::protobuf::Message* message_ = nullptr;
  MessageLimits* limits_ = nullptr;
  // gRPC hands on what it was given for reading.
  mutable CallPermit permit_;
  mutable std::optional<MemoryLease> lease_;
  mutable absl::Status status_;
};

}  // namespace advae

template <>
class grpc::SerializationTraits<advae::Received, void> {
 public:
  // Always OK: what was wrong is said in the status of `received`.
  static grpc::Status Deserialize(grpc::ByteBuffer* bytes, advae::Received* received) {
    received->Take(*bytes);
    return grpc::Status::OK;
  }
};

#endif  // ADVAE_SERVER_MESSAGES_RECEIVED_H_
