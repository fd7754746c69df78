#ifndef ADVAE_SERVER_SERVICES_SCORE_MESSAGE_ALLOCATOR_H_
#define ADVAE_SERVER_SERVICES_SCORE_MESSAGE_ALLOCATOR_H_

#include <google/protobuf/arena.h>
#include <grpcpp/support/message_allocator.h>

#include <array>
#include <cstddef>

#include "advae/v1/detector.pb.h"
#include "server/object_pool.h"

namespace advae {

// Makes the messages of Score calls on arenas that are used again, so that a small request
// allocates nothing for them. A larger one takes more from the heap and gives it back with the
// call. Thread-safe.
class ScoreMessageAllocator final
    : public grpc::MessageAllocator<v1::ScoreRequest, v1::ScoreResponse> {
 public:
  // Empty messages; their holder is to be released while the allocator lives.
  grpc::MessageHolder<v1::ScoreRequest, v1::ScoreResponse>* AllocateMessages() override;

 private:
  // The messages of one call, and of others after it.
  class Messages final : public grpc::MessageHolder<v1::ScoreRequest, v1::ScoreResponse> {
   public:
    void Create(ObjectPool<Messages>& pool);
    void Release() override;

   private:
    static constexpr size_t kBlockBytes = 8192;  // of some 30 rows of 32 features

    ObjectPool<Messages>* pool_ = nullptr;
    alignas(std::max_align_t) std::array<char, kBlockBytes> block_;
    google::protobuf::Arena arena_{block_.data(), block_.size()};
  };

  static constexpr size_t kMaxKept = 64;  // more calls are rarely open at once

  ObjectPool<Messages> pool_{kMaxKept};
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_SCORE_MESSAGE_ALLOCATOR_H_
