#include "server/calls/pooled_answer.h"

#include <new>
#include <utility>

#include "absl/time/time.h"
#include "model/base/steady_clock.h"
#include "server/messages/grpc_status.h"

namespace advae {
namespace {

// Why nobody waits for the answer any more; OK when somebody does.
absl::Status Interest(const grpc::CallbackServerContext& context, absl::Time deadline) {
  if (SteadyNow() >= deadline) {
    return absl::DeadlineExceededError(
        "the deadline passed while the call was waiting for its turn");
  }
  if (context.IsCancelled()) return absl::CancelledError("the call was cancelled");
  return absl::OkStatus();
}

// Made at the start: memory for its message might be lacking later.
const absl::Status* const kMemoryRanOut = new absl::Status(absl::ResourceExhaustedError(
    "memory ran out in the call; if it was to change something, look whether it has"));

}  // namespace

grpc::ServerUnaryReactor* AnswerOn(WorkPool& pool, grpc::CallbackServerContext& context,
                                   std::function<absl::Status()> answer) {
  grpc::ServerUnaryReactor* const reactor = context.DefaultReactor();
  // gRPC keeps the call until it is finished.
  const absl::Status submitted = pool.Submit([reactor, &context, answer = std::move(answer),
                                              deadline = SteadyDeadline(context.deadline())] {
    absl::Status status = Interest(context, deadline);
    try {
      if (status.ok()) status = answer();
    } catch (const std::bad_alloc&) {
      status = *kMemoryRanOut;
    }
    reactor->Finish(ToGrpcStatus(status, context));
  });
  if (!submitted.ok()) reactor->Finish(ToGrpcStatus(submitted, context));
  return reactor;
}

}  // namespace advae
