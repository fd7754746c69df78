// advae-server: reads its configuration, serves until SIGTERM or SIGINT, drains, exits 0. SIGUSR1
// makes the log more verbose, SIGUSR2 less. Exits 1 when it cannot start, or not stop in time, and
// at once when it is told to stop a second time.

#include <signal.h>
#include <string.h>

#include <cstdio>
#include <memory>
#include <new>
#include <optional>
#include <string>

#ifdef ADVAE_TCMALLOC
#include <gperftools/malloc_extension.h>
#endif

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "server/base/machine_memory.h"
#include "server/exit_timer.h"
#include "server/flags.h"
#include "server/log/library_log.h"
#include "server/log/log.h"
#include "server/server.h"
#include "server/stop_signals.h"

namespace {

// What a reader of the log that is slow gets to take its last lines.
constexpr absl::Duration kLogFlushLimit = absl::Seconds(2);
// What a stop may take beyond the drain timeout: closing the metrics port takes two seconds of it.
constexpr absl::Duration kStopGrace = absl::Seconds(5);

int Fail(const absl::Status& status) {
  advae::FlushLog(kLogFlushLimit);
  std::fputs(absl::StrCat("advae-server: ", status.message(), "\n").c_str(), stderr);
  return 1;
}

// Server::Start, with an error when memory runs out, which is no reason for a core dump.
absl::StatusOr<std::unique_ptr<advae::Server>> Start(const advae::ServerConfig& config) {
  try {
    return advae::Server::Start(config);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("memory ran out at the start");
  }
}

}  // namespace

int main(int argc, char** argv) {
  // Before the first thread is made, so that no thread takes the signals otherwise.
  const advae::StopSignals signals;
  signal(SIGPIPE, SIG_IGN);
  // Debian's Abseil is built with its debugging aid that records the order of all locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  advae::TakeOverLibraryLogs();
#ifdef ADVAE_TCMALLOC
  // What all threads keep to themselves. The default of 32 MiB fills over millions of requests,
  // which looks like a leak, and saves no time.
  MallocExtension::instance()->SetNumericProperty("tcmalloc.max_total_thread_cache_bytes", 4 << 20);
#endif

  const absl::StatusOr<advae::ServerConfig> config = advae::ParseConfig(argc, argv);
  if (!config.ok()) return Fail(config.status());
  if (absl::Status status = advae::ConfigureLog(config->log_level, config->log_format);
      !status.ok()) {
    return Fail(status);
  }
  advae::Log(advae::LogLevel::kInfo, "starting",
             {{"version", ADVAE_VERSION}, {"flags", advae::CommandLineOf(*config)}});
  if (const auto warning = advae::MemoryWarning(config->BudgetedMemory(), advae::MachineMemory())) {
    advae::Log(advae::LogLevel::kWarning, "memory budgets exceed the memory",
               {{"reason", *warning}});
  }
  std::optional<advae::ExitTimer> last_resort(config->drain_timeout + kStopGrace);
  absl::StatusOr<std::unique_ptr<advae::Server>> server = Start(*config);
  if (!server.ok()) return Fail(server.status());
  const std::string& http = (*server)->http_address();
  const std::string& admin = (*server)->admin_address();
  std::printf("listening grpc=%s metrics=%s%s%s%s%s\n", (*server)->grpc_address().c_str(),
              (*server)->metrics_address().c_str(), http.empty() ? "" : " http=", http.c_str(),
              admin.empty() ? "" : " admin=", admin.c_str());
  std::fflush(stdout);

  const std::string stop_signal = absl::StrCat("SIG", sigabbrev_np(signals.Wait()));
  signals.EndAtNext();
  advae::Log(advae::LogLevel::kInfo, "stopping", {{"signal", stop_signal}});
  if (config->drain_delay > absl::ZeroDuration()) {
    (*server)->AnnounceStop();
    absl::SleepFor(config->drain_delay);
  }
  last_resort->Start();
  server->reset();
  last_resort.reset();
  advae::Log(advae::LogLevel::kInfo, "stopped");
  advae::FlushLog(kLogFlushLimit);
  return 0;
}
