#include "server/log/log_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

namespace advae {

LogWriter::LogWriter(int descriptor, size_t max_bytes, DroppedLine dropped_line)
    : descriptor_(descriptor),
      max_bytes_(max_bytes),
      dropped_line_(std::move(dropped_line)),
      thread_([this] { Run(); }) {}

LogWriter::~LogWriter() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void LogWriter::Write(std::string line) {
  line += '\n';
  absl::MutexLock lock(&mutex_);
  if (line.size() > max_bytes_ - bytes_) {
    ++dropped_;
    ++untold_;
    return;
  }
  const size_t size = line.size();
  lines_.push_back(std::move(line));
  bytes_ += size;
  ++accepted_;
}

void LogWriter::Drop() {
  absl::MutexLock lock(&mutex_);
  ++dropped_;
  ++untold_;
}

bool LogWriter::Flush(absl::Duration limit) {
  const absl::Time end = SteadyNow() + limit;
  absl::MutexLock lock(&mutex_);
  const uint64_t count = accepted_;
  while (done_ < count && SteadyNow() < end) written_.WaitUntil(mutex_, end);
  return done_ >= count;
}

uint64_t LogWriter::dropped() const {
  absl::MutexLock lock(&mutex_);
  return dropped_;
}

void LogWriter::Run() {
  for (;;) {
    std::string line;
    uint64_t untold = 0;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(this, &LogWriter::HasNews));
      if (lines_.empty()) return;
      line = std::move(lines_.front());
      lines_.pop_front();
    }
    const size_t size = line.size();
    const bool written = WriteLine(line);
    {
      absl::MutexLock lock(&mutex_);
      bytes_ -= size;
      ++done_;
      written_.SignalAll();
      if (!written) ++dropped_;
      // Those that were dropped came after all that were kept.
      if (lines_.empty()) untold = std::exchange(untold_, 0);
    }
    if (untold > 0) WriteLine(dropped_line_(untold) + '\n');
  }
}

bool LogWriter::WriteLine(const std::string& line) const {
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t count = write(descriptor_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable = {descriptor_, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace advae
