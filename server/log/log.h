#ifndef ADVAE_SERVER_LOG_LOG_H_
#define ADVAE_SERVER_LOG_LOG_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/log/log_line.h"

namespace advae {

// The log of this process: one line on standard error for each event, as log_line.h has it, in the
// order of the events. A thread of its own writes them. Up to 1 MiB of lines wait for a reader that
// is slow; what exceeds that, or for which there is no memory, is dropped and counted, so that
// nobody who logs ever waits. All functions are thread-safe.

// "debug", "info", "warning" or "error"; "text" or "json". kInvalidArgument for any other name.
absl::Status ConfigureLog(std::string_view level, std::string_view format);

// Makes the log one level more verbose, or one less, and writes a line about it at any level. The
// first and the last level stay.
void MakeLogMoreVerbose();
void MakeLogLessVerbose();

// Whether Log writes lines of this level.
bool IsLogged(LogLevel level);

// Writes one line when `level` is enabled.
void Log(LogLevel level, std::string_view event, const std::vector<LogField>& fields = {});

// Writes one line whatever level is enabled: of what somebody must be able to look up later.
void LogAlways(LogLevel level, std::string_view event, const std::vector<LogField>& fields);

// Waits until what was logged is written, for `limit` at most. For the end of the process.
void FlushLog(absl::Duration limit);

// Lines that were dropped so far.
uint64_t DroppedLogLines();

}  // namespace advae

#endif  // ADVAE_SERVER_LOG_LOG_H_
