#ifndef ADVAE_SERVER_MESSAGES_MESSAGE_ALLOCATOR_H_
#define ADVAE_SERVER_MESSAGES_MESSAGE_ALLOCATOR_H_

#include <google/protobuf/arena.h>
#include <grpcpp/support/message_allocator.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

#include "server/base/object_pool.h"
#include "server/messages/received.h"

namespace advae {

// Makes the messages of the calls of a unary method on arenas that are used again, so that a small
// request allocates nothing for them. A larger one takes more from the heap and gives it back with
// the call. Thread-safe.
template <typename Request, typename Response>
class MessageAllocator final : public grpc::MessageAllocator<Received, Response> {
 public:
  // `limits` outlives the allocator.
  explicit MessageAllocator(MessageLimits& limits) : limits_(limits) {}

  // Empty messages; their holder is to be released while the allocator lives.
  grpc::MessageHolder<Received, Response>* AllocateMessages() override {
    Messages* const messages = pool_.Take().release();
    messages->Create(pool_, limits_);
    return messages;
  }

 private:
  // The messages of one call, and of others after it.
  class Messages final : public grpc::MessageHolder<Received, Response> {
   public:
    void Create(ObjectPool<Messages>& pool, MessageLimits& limits) {
      using google::protobuf::Arena;
      pool_ = &pool;
      received_.emplace(*Arena::CreateMessage<Request>(&arena_), limits);
      this->set_request(&*received_);
      this->set_response(Arena::CreateMessage<Response>(&arena_));
    }
    void Release() override {
      received_.reset();
      arena_.Reset();
      pool_->Return(std::unique_ptr<Messages>(this));
    }

   private:
    static constexpr size_t kBlockBytes = 8192;  // of some 30 rows of 32 features

    ObjectPool<Messages>* pool_ = nullptr;
    alignas(std::max_align_t) std::array<char, kBlockBytes> block_;
    google::protobuf::Arena arena_{block_.data(), block_.size()};
    std::optional<Received> received_;
  };

  static constexpr size_t kMaxKept = 64;  // more calls are rarely open at once

  MessageLimits& limits_;
  ObjectPool<Messages> pool_{kMaxKept};
};

}  // namespace advae

#endif  // ADVAE_SERVER_MESSAGES_MESSAGE_ALLOCATOR_H_
