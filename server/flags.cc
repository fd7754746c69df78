#include "server/flags.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/reflection.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/machine_memory.h"

ABSL_FLAG(std::string, repository, "", "folder of the models; created if missing (required)");
ABSL_FLAG(std::string, listen, "127.0.0.1:50051", "HOST:PORT for gRPC; port 0 picks a free one");
ABSL_FLAG(std::string, metrics_listen, "127.0.0.1:9464",
          "IP:PORT for Prometheus, at /metrics; port 0 picks a free one");
ABSL_FLAG(int64_t, scoring_threads, std::max(1u, std::thread::hardware_concurrency()),
          "threads that score; by default one per core");
ABSL_FLAG(uint64_t, max_batch_rows, advae::BatchLimits().max_batch_rows,
          "rows that a scoring thread takes at a time");
ABSL_FLAG(absl::Duration, max_batch_delay, advae::BatchLimits().max_batch_delay,
          "how long a partly filled batch waits for more rows while a thread is free");
ABSL_FLAG(
    uint64_t, max_queued_rows, advae::BatchLimits().max_queued_rows,
    "rows that may wait, over all requests; further ones are refused with RESOURCE_EXHAUSTED");
ABSL_FLAG(
    absl::Duration, max_queue_wait, advae::BatchLimits().max_queue_wait,
    "how long a request without a deadline may wait; one that would wait longer is refused with "
    "RESOURCE_EXHAUSTED, as is one that would miss its deadline");
ABSL_FLAG(
    uint64_t, max_request_rows, advae::BatchLimits().max_request_rows,
    "rows in one Score request or ScoreStream message; more are refused with INVALID_ARGUMENT");
ABSL_FLAG(int64_t, max_message_bytes, advae::ServerConfig().max_message_bytes,
          "largest message that a client may send, in bytes");
ABSL_FLAG(uint64_t, max_training_bytes, advae::ServerConfig().max_training_bytes,
          "largest set of training rows in bytes, 4 for each value");
ABSL_FLAG(
    uint64_t, max_training_memory,
    std::min(advae::MachineMemory() / 4, advae::JobRunnerOptions().max_memory_bytes),
    "bytes of memory for each training or import; by default a quarter of what the machine and "
    "its control group allow, at most 4 GiB");
ABSL_FLAG(uint64_t, max_models_memory,
          std::min(advae::MachineMemory() / 2, advae::ServerConfig().max_models_memory),
          "bytes of memory for versions, including loading; those that do not fit are left out; by "
          "default half of what the machine and its control group allow");
ABSL_FLAG(uint64_t, max_receive_bytes, advae::ServerConfig().max_receive_bytes,
          "bytes of memory for messages being received, over all clients");
ABSL_FLAG(absl::Duration, max_upload_idle, advae::UploadLimits().max_idle,
          "how long a Train or ImportVersion call may go without sending a message");
ABSL_FLAG(absl::Duration, max_upload_time, advae::UploadLimits().max_time,
          "how long the upload of a Train or ImportVersion call may take");
ABSL_FLAG(uint64_t, max_call_bytes, advae::ServerConfig().max_call_bytes,
          "bytes of memory for the parsed messages and answers of all calls; calls beyond it are "
          "refused with RESOURCE_EXHAUSTED");
ABSL_FLAG(uint64_t, max_response_bytes, advae::ServerConfig().max_response_bytes,
          "largest answer in bytes; a request for more is refused");
ABSL_FLAG(int64_t, max_connections, advae::TransportLimits().max_connections,
          "open connections, as far as descriptors allow; further ones are closed at once");
ABSL_FLAG(int64_t, max_streams, advae::TransportLimits().max_streams,
          "open calls on one connection");
ABSL_FLAG(absl::Duration, max_connection_idle, advae::TransportLimits().max_connection_idle,
          "how long a connection without calls stays open");
ABSL_FLAG(absl::Duration, max_connection_age, advae::TransportLimits().max_connection_age,
          "age at which a connection takes no new calls, so that clients move to other servers");
ABSL_FLAG(absl::Duration, max_connection_age_grace,
          advae::TransportLimits().max_connection_age_grace,
          "how long the calls of a connection at that age may still take");
ABSL_FLAG(absl::Duration, keepalive_interval, advae::TransportLimits().keepalive_interval,
          "how often a silent client is pinged");
ABSL_FLAG(absl::Duration, min_ping_interval, advae::TransportLimits().min_ping_interval,
          "shortest interval between pings of an idle client");
ABSL_FLAG(absl::Duration, max_send_stall, advae::TransportLimits().max_send_stall,
          "how long a client may leave its answer unread before the call is cancelled");
ABSL_FLAG(int64_t, max_metadata_bytes, advae::TransportLimits().max_metadata_bytes,
          "bytes of metadata in one call");
ABSL_FLAG(int64_t, max_jobs, advae::JobRunnerOptions().max_jobs,
          "trainings and imports that may run at once");
ABSL_FLAG(std::optional<std::string>, trainer, std::nullopt,
          "the advae-trainer program; by default the one beside this program");
ABSL_FLAG(int64_t, trainer_threads, advae::JobRunnerOptions().threads_per_job,
          "threads of each training");
ABSL_FLAG(absl::Duration, repository_poll_interval, advae::ServerConfig().repository_poll_interval,
          "how often the repository is searched for changes by other processes");
ABSL_FLAG(absl::Duration, drain_timeout, advae::ServerConfig().drain_timeout,
          "how long calls in flight may take after SIGTERM");
ABSL_FLAG(std::string, log_level, advae::ServerConfig().log_level, "debug, info, warning or error");
ABSL_FLAG(std::string, log_format, advae::ServerConfig().log_format, "text or json");

namespace advae {
namespace {

constexpr std::array<const char*, 34> kFlags = {"repository",
                                                "listen",
                                                "metrics_listen",
                                                "scoring_threads",
                                                "max_batch_rows",
                                                "max_batch_delay",
                                                "max_queued_rows",
                                                "max_queue_wait",
                                                "max_request_rows",
                                                "max_message_bytes",
                                                "max_training_bytes",
                                                "max_training_memory",
                                                "max_models_memory",
                                                "max_receive_bytes",
                                                "max_call_bytes",
                                                "max_response_bytes",
                                                "max_upload_idle",
                                                "max_upload_time",
                                                "max_jobs",
                                                "trainer",
                                                "trainer_threads",
                                                "repository_poll_interval",
                                                "drain_timeout",
                                                "log_level",
                                                "max_connections",
                                                "max_streams",
                                                "max_connection_idle",
                                                "max_connection_age",
                                                "max_connection_age_grace",
                                                "keepalive_interval",
                                                "min_ping_interval",
                                                "max_send_stall",
                                                "max_metadata_bytes",
                                                "log_format"};

// The path of this program, for the trainer beside it.
std::filesystem::path DefaultTrainer() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return self.parent_path() / "advae-trainer";
}

absl::Status TakeEnvironment() {
  for (const char* name : kFlags) {
    const std::string variable = absl::StrCat("ADVAE_", absl::AsciiStrToUpper(name));
    const char* const value = std::getenv(variable.c_str());
    std::string error;
    if (value != nullptr && !absl::FindCommandLineFlag(name)->ParseFrom(value, &error)) {
      return absl::InvalidArgumentError(
          absl::StrCat("environment variable ", variable, " is \"", value, "\": ", error));
    }
  }
  return absl::OkStatus();
}

constexpr char kPurpose[] =
    "Scores rows of numbers with self-adversarial variational autoencoders, over gRPC.\n"
    "Each flag can also be set by an environment variable, ADVAE_ and its name in\n"
    "capitals, and in a file of flags, --flagfile=FILE.";

bool IsHelp(absl::string_view argument) {
  return argument == "--help" || argument == "-help" || argument == "-h";
}

// In the form that help2man reads: "  --name=..." and below it what the flag is.
std::string HelpText() {
  std::string text =
      absl::StrCat("Usage: advae-server --repository=DIR [--FLAG=VALUE]...\n\n", kPurpose, "\n");
  absl::StrAppend(&text, "\nOptions:\n");
  for (const char* name : kFlags) {
    const absl::CommandLineFlag& flag = *absl::FindCommandLineFlag(name);
    absl::StrAppend(&text, "  --", name, "=VALUE\n      ", flag.Help());
    // Defaults that depend on the machine are in the words of Help().
    const bool told = absl::StrContains(flag.Help(), "by default") || flag.DefaultValue().empty();
    absl::StrAppend(&text, told ? "" : absl::StrCat("; default: ", flag.DefaultValue()), "\n");
  }
  return absl::StrCat(text,
                      "  --flagfile=FILE\n      file with one flag per line\n"
                      "  --version\n      print the version and exit\n"
                      "  --help\n      print this and exit\n");
}

}  // namespace

absl::StatusOr<ServerConfig> ParseConfig(int argc, char** argv) {
  // Abseil's own --help exits with status 1.
  if (std::any_of(argv + 1, argv + argc, IsHelp)) {
    std::fputs(HelpText().c_str(), stdout);
    std::exit(std::fflush(stdout) == 0 ? 0 : 1);
  }
  absl::SetProgramUsageMessage(kPurpose);
  absl::FlagsUsageConfig usage;
  usage.version_string = [] { return absl::StrCat("advae-server ", ADVAE_VERSION, "\n"); };
  absl::SetFlagsUsageConfig(usage);

  if (absl::Status status = TakeEnvironment(); !status.ok()) return status;
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);
  if (rest.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", rest[1], "\" is not a flag; flags have the form --name=value"));
  }
  ServerConfig config{
      .repository = absl::GetFlag(FLAGS_repository),
      .listen = absl::GetFlag(FLAGS_listen),
      .metrics_listen = absl::GetFlag(FLAGS_metrics_listen),
      .scoring_threads = absl::GetFlag(FLAGS_scoring_threads),
      .batching = {.max_batch_rows = absl::GetFlag(FLAGS_max_batch_rows),
                   .max_batch_delay = absl::GetFlag(FLAGS_max_batch_delay),
                   .max_queued_rows = absl::GetFlag(FLAGS_max_queued_rows),
                   .max_queue_wait = absl::GetFlag(FLAGS_max_queue_wait),
                   .max_request_rows = absl::GetFlag(FLAGS_max_request_rows)},
      .jobs = {.trainer = absl::GetFlag(FLAGS_trainer).value_or(DefaultTrainer().string()),
               .threads_per_job = absl::GetFlag(FLAGS_trainer_threads),
               .max_jobs = absl::GetFlag(FLAGS_max_jobs),
               .max_memory_bytes = absl::GetFlag(FLAGS_max_training_memory)},
      .max_message_bytes = absl::GetFlag(FLAGS_max_message_bytes),
      .max_training_bytes = absl::GetFlag(FLAGS_max_training_bytes),
      .uploads = {.max_idle = absl::GetFlag(FLAGS_max_upload_idle),
                  .max_time = absl::GetFlag(FLAGS_max_upload_time)},
      .max_models_memory = absl::GetFlag(FLAGS_max_models_memory),
      .max_receive_bytes = absl::GetFlag(FLAGS_max_receive_bytes),
      .max_call_bytes = absl::GetFlag(FLAGS_max_call_bytes),
      .max_response_bytes = absl::GetFlag(FLAGS_max_response_bytes),
      .transport = {.max_connections = absl::GetFlag(FLAGS_max_connections),
                    .max_streams = absl::GetFlag(FLAGS_max_streams),
                    .max_connection_idle = absl::GetFlag(FLAGS_max_connection_idle),
                    .max_connection_age = absl::GetFlag(FLAGS_max_connection_age),
                    .max_connection_age_grace = absl::GetFlag(FLAGS_max_connection_age_grace),
                    .keepalive_interval = absl::GetFlag(FLAGS_keepalive_interval),
                    .min_ping_interval = absl::GetFlag(FLAGS_min_ping_interval),
                    .max_send_stall = absl::GetFlag(FLAGS_max_send_stall),
                    .max_metadata_bytes = absl::GetFlag(FLAGS_max_metadata_bytes)},
      .repository_poll_interval = absl::GetFlag(FLAGS_repository_poll_interval),
      .drain_timeout = absl::GetFlag(FLAGS_drain_timeout),
      .log_level = absl::GetFlag(FLAGS_log_level),
      .log_format = absl::GetFlag(FLAGS_log_format)};
  if (absl::Status status = config.Validate(); !status.ok()) return status;
  return config;
}

std::vector<std::pair<std::string, std::string>> EffectiveFlags() {
  std::vector<std::pair<std::string, std::string>> flags;
  for (const char* name : kFlags) {
    flags.emplace_back(name, absl::FindCommandLineFlag(name)->CurrentValue());
  }
  return flags;
}

}  // namespace advae
