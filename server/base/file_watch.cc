#include "server/base/file_watch.h"

#include <sys/stat.h>

#include <utility>

namespace advae {

FileWatch::FileWatch(std::vector<std::filesystem::path> files, absl::Duration interval,
                     std::function<void()> on_change)
    : files_(std::move(files)),
      interval_(interval),
      on_change_(std::move(on_change)),
      // What changes from now on counts.
      thread_([this, seen = States()] { Run(seen); }) {}

FileWatch::~FileWatch() {
  stop_.Notify();
  thread_.join();
}

std::optional<FileWatch::State> FileWatch::StateOf(const std::filesystem::path& file) {
  struct stat found = {};
  if (stat(file.c_str(), &found) != 0) return std::nullopt;
  return State{.device = found.st_dev,
               .inode = found.st_ino,
               .size = found.st_size,
               .modified_nanoseconds =
                   int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec};
}

std::vector<std::optional<FileWatch::State>> FileWatch::States() const {
  std::vector<std::optional<State>> states;
  for (const std::filesystem::path& file : files_) states.push_back(StateOf(file));
  return states;
}

void FileWatch::Run(std::vector<std::optional<State>> seen) {
  while (!stop_.WaitFor(interval_)) {
    std::vector<std::optional<State>> now = States();
    if (now == seen) continue;
    seen = std::move(now);
    on_change_();
  }
}

}  // namespace advae
