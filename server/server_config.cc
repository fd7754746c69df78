#include "server/server_config.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/value_range.h"

namespace advae {
namespace {

absl::Status IsAddress(const char* flag, const std::string& value) {
  const size_t colon = value.rfind(':');
  uint32_t port = 0;
  if (colon != std::string::npos && colon > 0 && absl::SimpleAtoi(value.substr(colon + 1), &port) &&
      port <= std::numeric_limits<uint16_t>::max()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, " is \"", value, "\"; expected HOST:PORT with a port of 0 to 65535"));
}

}  // namespace

absl::Status ServerConfig::Validate() const {
  absl::Status status;
  if (repository.empty()) {
    status.Update(absl::InvalidArgumentError(
        "--repository is missing; expected the folder with the models, which may be empty"));
  }
  status.Update(IsAddress("listen", listen));
  status.Update(IsAddress("metrics_listen", metrics_listen));
  status.Update(InRange<int64_t>("scoring_threads", scoring_threads, 1, 1024));
  status.Update(InRange<size_t>("max_batch_rows", batching.max_batch_rows, 1, 1'000'000));
  status.Update(InRange("max_batch_delay", batching.max_batch_delay, absl::ZeroDuration(),
                        absl::Seconds(10)));
  status.Update(InRange<size_t>("max_queued_rows", batching.max_queued_rows, 1, 1'000'000'000));
  status.Update(
      InRange("max_queue_wait", batching.max_queue_wait, absl::Milliseconds(1), absl::Hours(1)));
  status.Update(InRange<size_t>("max_request_rows", batching.max_request_rows, 1, 1'000'000'000));
  status.Update(InRange<int64_t>("max_message_bytes", max_message_bytes, 1 << 10,
                                 std::numeric_limits<int>::max()));
  status.Update(
      InRange<uint64_t>("max_training_bytes", max_training_bytes, 1 << 10, uint64_t{1} << 50));
  status.Update(
      InRange<uint64_t>("max_receive_bytes", max_receive_bytes, 1 << 20, uint64_t{1} << 50));
  status.Update(InRange<uint64_t>("max_call_bytes", max_call_bytes, 1 << 20, uint64_t{1} << 50));
  status.Update(InRange<uint64_t>("max_response_bytes", max_response_bytes, 1 << 10,
                                  std::numeric_limits<int>::max()));
  status.Update(transport.Validate());
  status.Update(
      InRange<uint64_t>("max_models_memory", max_models_memory, 1 << 20, uint64_t{1} << 50));
  status.Update(
      InRange<uint64_t>("max_training_memory", jobs.max_memory_bytes, 1 << 20, uint64_t{1} << 50));
  status.Update(InRange<int64_t>("max_jobs", jobs.max_jobs, 1, 1024));
  status.Update(InRange<int64_t>("trainer_threads", jobs.threads_per_job, 1, 1024));
  status.Update(
      InRange("max_upload_idle", uploads.max_idle, absl::Milliseconds(100), absl::Hours(24)));
  status.Update(InRange("max_upload_time", uploads.max_time, absl::Seconds(1), absl::Hours(168)));
  status.Update(InRange("repository_poll_interval", repository_poll_interval,
                        absl::Milliseconds(10), absl::Hours(24)));
  status.Update(InRange("drain_timeout", drain_timeout, absl::ZeroDuration(), absl::Hours(1)));
  return status;
}

uint64_t ServerConfig::BudgetedMemory() const {
  // Each is at most 2^50.
  return max_models_memory + max_receive_bytes + max_call_bytes;
}

}  // namespace advae
