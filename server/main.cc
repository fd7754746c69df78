// advae-server: reads its configuration, serves until SIGTERM or SIGINT, drains, exits 0.

#include <signal.h>

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/flags.h"
#include "server/monitoring/log.h"
#include "server/server.h"

namespace {

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "advae-server: %s\n", std::string(status.message()).c_str());
  return 1;
}

void LogConfiguration() {
  std::string flags;
  for (const auto& [name, value] : advae::EffectiveFlags()) {
    absl::StrAppend(&flags, flags.empty() ? "" : " ", "--", name, "=", value);
  }
  advae::Log(advae::LogLevel::kInfo, "starting", {{"version", ADVAE_VERSION}, {"flags", flags}});
}

}  // namespace

int main(int argc, char** argv) {
  // Before the first thread is made, so that all inherit it and only sigwait below takes them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // Debian's Abseil is built with its debugging aid that records the order of all locks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);

  const absl::StatusOr<advae::ServerConfig> config = advae::ParseConfig(argc, argv);
  if (!config.ok()) return Fail(config.status());
  if (absl::Status status = advae::ConfigureLog(config->log_level, config->log_format);
      !status.ok()) {
    return Fail(status);
  }
  LogConfiguration();
  absl::StatusOr<std::unique_ptr<advae::Server>> server = advae::Server::Start(*config);
  if (!server.ok()) return Fail(server.status());
  std::printf("listening grpc=%s metrics=%s\n", (*server)->grpc_address().c_str(),
              (*server)->metrics_address().c_str());
  std::fflush(stdout);

  int signal_number = 0;
  sigwait(&stop_signals, &signal_number);
  advae::Log(advae::LogLevel::kInfo, "stopping", {{"signal", strsignal(signal_number)}});
  server->reset();
  advae::Log(advae::LogLevel::kInfo, "stopped");
  return 0;
}
