#include "server/base/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace advae {
namespace {

int64_t NanosecondsOf(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileWatch::FileWatch(std::vector<std::filesystem::path> files)
    : files_(std::move(files)), seen_(States()) {}

FileWatch::~FileWatch() {
  stop_.Notify();
  if (thread_.joinable()) thread_.join();
}

void FileWatch::Start(absl::Duration interval, std::function<bool()> on_change) {
  thread_ =
      std::thread([this, interval, on_change = std::move(on_change)] { Run(interval, on_change); });
}

std::optional<FileWatch::State> FileWatch::StateOf(const std::filesystem::path& file) {
  struct stat found = {};
  if (stat(file.c_str(), &found) != 0) return std::nullopt;
  return State{.device = found.st_dev,
               .inode = found.st_ino,
               .size = found.st_size,
               .modified_nanoseconds = NanosecondsOf(found.st_mtim),
               .changed_nanoseconds = NanosecondsOf(found.st_ctim)};
}

std::vector<std::optional<FileWatch::State>> FileWatch::States() const {
  std::vector<std::optional<State>> states;
  for (const std::filesystem::path& file : files_) states.push_back(StateOf(file));
  return states;
}

void FileWatch::Run(absl::Duration interval, const std::function<bool()>& on_change) {
  bool is_taken = true;
  while (!stop_.WaitFor(interval)) {
    std::vector<std::optional<State>> now = States();
    if (is_taken && now == seen_) continue;
    seen_ = std::move(now);
    is_taken = on_change();
  }
}

}  // namespace advae
