#ifndef ADVAE_SERVER_CALLS_POOLED_ANSWER_H_
#define ADVAE_SERVER_CALLS_POOLED_ANSWER_H_

#include <grpcpp/support/server_callback.h>

#include <functional>

#include "absl/status/status.h"
#include "server/base/work_pool.h"

namespace advae {

// The threads that answer what gRPC's own must not wait for.
struct CallThreads {
  // Changes of the repository, which wait for the disk and for one another, and answers for which
  // it has to be read.
  WorkPool& changes;
  // Answers from memory that may take longer than a small score. They wait for no disk.
  WorkPool& reads;
};

// Answers a unary call on a thread of `pool`: calls `answer` and ends the call with what it
// returns. Request, response and context live until then. A call that was cancelled, or whose
// deadline passed, before its turn came is ended without `answer`; one for which the pool has no
// room is refused as WorkPool::Submit says, and one in which memory runs out ends with
// kResourceExhausted. Returns what stands for the call in gRPC.
grpc::ServerUnaryReactor* AnswerOn(WorkPool& pool, grpc::CallbackServerContext& context,
                                   std::function<absl::Status()> answer);

}  // namespace advae

#endif  // ADVAE_SERVER_CALLS_POOLED_ANSWER_H_
