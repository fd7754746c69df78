#include "server/jobs/worker_lines.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/base/utf8.h"
#include "server/log/log.h"

namespace advae {

void WorkerLines::Take(std::string_view bytes, absl::Time now) {
  for (size_t end; (end = bytes.find('\n')) != std::string_view::npos;) {
    Append(bytes.substr(0, end));
    LogLine(now);
    bytes.remove_prefix(end + 1);
  }
  Append(bytes);
}

void WorkerLines::End(absl::Time now) {
  LogLine(now);
  // A second on, any line would be admitted and tell how many were not.
  const uint64_t held_back = limiter_.Admit("", now + absl::Seconds(1)).value_or(0);
  if (held_back == 0) return;
  Log(LogLevel::kWarning, "worker messages held back", {{"model", model_}, {"count", held_back}});
}

void WorkerLines::Append(std::string_view part) {
  line_bytes_ += part.size();
  // A byte more than is shown, which tells whether that ends within a character.
  line_.append(part.substr(0, kMaxLineBytes + 1 - line_.size()));
}

void WorkerLines::LogLine(absl::Time now) {
  std::string line = std::exchange(line_, {});
  const size_t bytes = std::exchange(line_bytes_, 0);
  if (bytes == 0) return;
  const std::optional<uint64_t> held_back = limiter_.Admit("", now);
  if (!held_back) return;
  if (bytes > kMaxLineBytes) {
    line = absl::StrCat(std::string(Utf8Prefix(line, kMaxLineBytes)), "... (", bytes, " bytes)");
  }
  std::vector<LogField> fields = {{"model", model_}, {"message", std::move(line)}};
  if (*held_back > 0) fields.emplace_back("held_back", *held_back);
  Log(LogLevel::kWarning, "worker message", fields);
}

}  // namespace advae
