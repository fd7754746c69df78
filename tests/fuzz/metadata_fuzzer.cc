// Reads any bytes as what comes beside a message and goes into the log: a trace parent, the text of
// an error, and what a worker writes.

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "model/base/utf8.h"
#include "server/log/log_line.h"
#include "server/monitoring/trace_parent.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using advae::testing::Require;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::string_view id = advae::TraceId(bytes);
  Require(id.empty() || (id.size() == 32 && std::ranges::all_of(id, absl::ascii_isxdigit)));
  const std::string escaped = advae::EscapeText(bytes);
  Require(advae::IsUtf8(escaped) && escaped.find('\n') == std::string::npos);
  const std::string text = advae::Utf8Of(bytes);
  Require(advae::IsUtf8(text));
  for (const size_t limit : {size_t{0}, size_t{1}, size / 2, size}) {
    Require(advae::IsUtf8(advae::Utf8Prefix(text, limit)));
  }
  return 0;
}
