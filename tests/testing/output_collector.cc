#include "tests/testing/output_collector.h"

#include <unistd.h>

#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"

namespace advae::testing {
namespace {

absl::Status Missing(absl::string_view what, absl::Duration limit, absl::string_view text) {
  return absl::DeadlineExceededError(
      absl::StrCat("no ", what, " within ", absl::FormatDuration(limit), " in: ", text));
}

}  // namespace

OutputCollector::OutputCollector(int descriptor)
    : thread_([this, descriptor] { Read(descriptor); }) {}

OutputCollector::~OutputCollector() { thread_.join(); }

std::string OutputCollector::text() const {
  absl::MutexLock lock(&mutex_);
  return text_;
}

absl::StatusOr<std::optional<std::string>> OutputCollector::NextLine(absl::Duration limit) {
  absl::MutexLock lock(&mutex_);
  const auto has_line = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return ended_ || text_.find('\n', next_line_) != std::string::npos;
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&has_line), limit)) {
    return Missing("line", limit, text_);
  }
  if (next_line_ == text_.size()) return std::nullopt;
  const size_t end = std::min(text_.find('\n', next_line_), text_.size());
  std::string line = text_.substr(next_line_, end - next_line_);
  next_line_ = std::min(end + 1, text_.size());
  return line;
}

absl::Status OutputCollector::WaitFor(const std::string& wanted, absl::Duration limit) const {
  absl::MutexLock lock(&mutex_);
  const auto found = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return ended_ || text_.find(wanted) != std::string::npos;
  };
  if (!mutex_.AwaitWithTimeout(absl::Condition(&found), limit)) {
    return Missing(wanted, limit, text_);
  }
  if (text_.find(wanted) != std::string::npos) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("no ", wanted, " up to the end of: ", text_));
}

absl::Status OutputCollector::WaitForEnd(absl::Duration limit) const {
  absl::MutexLock lock(&mutex_);
  if (mutex_.AwaitWithTimeout(absl::Condition(&ended_), limit)) return absl::OkStatus();
  return Missing("end", limit, text_);
}

void OutputCollector::Read(int descriptor) {
  std::array<char, 65536> block;
  for (;;) {
    const ssize_t count = read(descriptor, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    absl::MutexLock lock(&mutex_);
    if (count > 0) {
      text_.append(block.data(), static_cast<size_t>(count));
    } else {
      ended_ = true;
      break;
    }
  }
  close(descriptor);
}

}  // namespace advae::testing
