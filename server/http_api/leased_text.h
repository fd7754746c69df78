#ifndef ADVAE_SERVER_HTTP_API_LEASED_TEXT_H_
#define ADVAE_SERVER_HTTP_API_LEASED_TEXT_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/http/http_message.h"
#include "server/messages/memory_budget.h"

namespace advae {

// A text that grows, whose memory is leased before it is taken. Not thread-safe.
class LeasedText {
 public:
  // `budget` outlives the text and what is made of it.
  explicit LeasedText(MemoryBudget& budget)
      : budget_(budget), lease_(std::make_shared<MemoryLease>(budget)) {}

  // Does nothing once the memory was not to be had.
  void Append(std::string_view text);
  size_t size() const { return text_.size(); }

  // The text as the body of an answer that holds its memory, or an error when the memory was not
  // to be had. Empty afterwards.
  HttpResponse TakeResponse();

 private:
  MemoryBudget& budget_;
  const std::shared_ptr<MemoryLease> lease_;  // of what the text may grow to
  absl::Status status_ = absl::OkStatus();
  std::string text_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_HTTP_API_LEASED_TEXT_H_
