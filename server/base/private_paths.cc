#include "server/base/private_paths.h"

#include <algorithm>
#include <functional>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/synchronization/mutex.h"

namespace advae {
namespace {

class PathSet {
 public:
  void Add(std::string path) {
    absl::MutexLock lock(&mutex_);
    paths_.insert(std::move(path));
  }

  std::set<std::string, std::greater<>> Get() const {
    absl::ReaderMutexLock lock(&mutex_);
    return paths_;
  }

 private:
  mutable absl::Mutex mutex_;
  // Descending: a path comes before what it is in.
  std::set<std::string, std::greater<>> paths_ ABSL_GUARDED_BY(mutex_);
};

PathSet& PrivatePaths() {
  static PathSet& paths = *new PathSet;
  return paths;
}

// The characters of names that the server and the trainer choose.
bool IsPathCharacter(char c) {
  return absl::ascii_isalnum(c) || c == '/' || c == '.' || c == '_' || c == '-';
}

std::string Shorten(std::string_view message, std::string_view path) {
  std::string shortened;
  while (true) {
    const size_t start = message.find(path);
    if (start == std::string_view::npos) break;
    size_t end = start + path.size();
    const bool is_whole =
        (start == 0 || !IsPathCharacter(message[start - 1])) &&
        (end == message.size() || message[end] == '/' || !IsPathCharacter(message[end]));
    while (is_whole && end < message.size() && IsPathCharacter(message[end])) ++end;
    const std::string_view found = message.substr(start, end - start);
    shortened += message.substr(0, start);
    shortened += is_whole ? found.substr(found.find_last_of('/') + 1) : found;
    message.remove_prefix(end);
  }
  return shortened.append(message);
}

}  // namespace

void AddPrivatePath(const std::filesystem::path& path) {
  std::string name = path.lexically_normal().string();
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  if (name.size() > 1) PrivatePaths().Add(std::move(name));
}

std::string WithoutPrivatePaths(std::string_view message) {
  std::string shortened(message);
  if (message.find('/') == std::string_view::npos) return shortened;
  for (const std::string& path : PrivatePaths().Get()) shortened = Shorten(shortened, path);
  return shortened;
}

}  // namespace advae
