#include "server/services/score_message_allocator.h"

#include <memory>

namespace advae {

using google::protobuf::Arena;

grpc::MessageHolder<v1::ScoreRequest, v1::ScoreResponse>*
ScoreMessageAllocator::AllocateMessages() {
  Messages* const messages = pool_.Take().release();
  messages->Create(pool_);
  return messages;
}

void ScoreMessageAllocator::Messages::Create(ObjectPool<Messages>& pool) {
  pool_ = &pool;
  set_request(Arena::CreateMessage<v1::ScoreRequest>(&arena_));
  set_response(Arena::CreateMessage<v1::ScoreResponse>(&arena_));
}

void ScoreMessageAllocator::Messages::Release() {
  arena_.Reset();
  pool_->Return(std::unique_ptr<Messages>(this));
}

}  // namespace advae
