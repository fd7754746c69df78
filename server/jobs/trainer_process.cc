#include "server/jobs/trainer_process.h"

#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "model/base/file_io.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "model/base/system_error.h"
#include "server/jobs/worker_output.h"
#include "server/jobs/worker_process.h"

namespace advae {
namespace {

// What a worker has for its end after it has told the outcome.
constexpr absl::Duration kEndLimit = absl::Seconds(3);

// Why a worker ended without a result.
absl::Status DeathStatus(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return absl::InternalError(
        absl::StrCat("the training process was killed by signal ", signal, " (", strsignal(signal),
                     ")", signal == SIGKILL ? "; the machine may have run out of memory" : ""));
  }
  return absl::InternalError(
      absl::StrCat("the training process ended with code ", WEXITSTATUS(wait_status),
                   " and without a result; see the server's log for its output"));
}

// The worker's own words.
absl::Status FailureStatus(const v1::JobFailed& failed) {
  const bool is_error_code = failed.code() > static_cast<int>(absl::StatusCode::kOk) &&
                             failed.code() <= static_cast<int>(absl::StatusCode::kUnauthenticated);
  return absl::Status(
      is_error_code ? static_cast<absl::StatusCode>(failed.code()) : absl::StatusCode::kInternal,
      failed.message());
}

const std::string& ModelOf(const v1::Job& job) {
  return job.has_train() ? job.train().model() : job.import().spec().model();
}

std::string Delimited(const v1::Job& job) {
  std::ostringstream bytes;
  google::protobuf::util::SerializeDelimitedToOstream(job, &bytes);
  return std::move(bytes).str();
}

// The talk with one worker, until it has given a result or ended.
class Conversation {
 public:
  Conversation(const v1::Job& job, FileDescriptor input, FileDescriptor events,
               WorkerOutput& output, const std::function<void(const v1::JobEvent&)>& on_event)
      : unsent_(Delimited(job)),
        input_(std::move(input)),
        events_(std::move(events)),
        output_(output),
        on_event_(on_event) {
    fcntl(input_.get(), F_SETFL, O_NONBLOCK);
  }

  // The worker's result; empty when it ended without one. kCancelled, kInternal.
  absl::StatusOr<std::optional<v1::JobEvent>> Run(const JobCancellation& cancellation) {
    for (;;) {
      // A negative descriptor is passed over.
      std::array<pollfd, 4> polled = {{{cancellation.descriptor(), POLLIN, 0},
                                       {events_.get(), POLLIN, 0},
                                       {unsent_.empty() ? -1 : input_.get(), POLLOUT, 0},
                                       {output_.descriptor(), POLLIN, 0}}};
      if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) {
        return absl::InternalError(absl::StrCat("poll: ", SystemErrorMessage(errno)));
      }
      if (polled[0].revents != 0) return absl::CancelledError("the training was cancelled");
      if (polled[2].revents != 0) SendMore();
      if (polled[3].revents != 0) output_.Read();
      if (polled[1].revents != 0 && !ReceiveMore()) return result_;
      ADVAE_RETURN_IF_ERROR(Dispatch());
      if (result_) return result_;
    }
  }

 private:
  void SendMore() {
    const ssize_t sent = write(input_.get(), unsent_.data(), unsent_.size());
    if (sent >= 0) {
      unsent_.erase(0, sent);
    } else if (errno != EAGAIN && errno != EINTR) {
      unsent_.clear();  // the worker has gone, as the end of its events will tell
    }
  }

  // False at the end of the events.
  bool ReceiveMore() {
    std::array<char, 65536> block;
    const ssize_t count = read(events_.get(), block.data(), block.size());
    if (count > 0) received_.append(block.data(), count);
    return count > 0 || (count < 0 && errno == EINTR);
  }

  // Hands on the complete events among what was received.
  absl::Status Dispatch() {
    size_t used = 0;
    while (!result_) {
      google::protobuf::io::ArrayInputStream array(received_.data() + used,
                                                   static_cast<int>(received_.size() - used));
      google::protobuf::io::CodedInputStream input(&array);
      uint32_t size = 0;
      if (!input.ReadVarint32(&size)) {
        if (received_.size() - used < kMaxVarintBytes) break;
        return absl::InternalError("the training process sent no event");
      }
      const size_t start = used + input.CurrentPosition();
      if (size > kMaxEventBytes) return absl::InternalError("the training process sent no event");
      if (received_.size() - start < size) break;
      v1::JobEvent event;
      if (!event.ParseFromArray(received_.data() + start, static_cast<int>(size))) {
        return absl::InternalError("the training process sent an event that does not parse");
      }
      used = start + size;
      if (event.has_finished() || event.has_failed()) {
        result_ = std::move(event);
      } else {
        on_event_(event);
      }
    }
    received_.erase(0, used);
    return absl::OkStatus();
  }

  static constexpr size_t kMaxVarintBytes = 10;
  // The largest tells of a version, whose manifest is larger still.
  static constexpr uint64_t kMaxEventBytes = kMaxSmallFileBytes;

  std::string unsent_;
  std::string received_;
  FileDescriptor input_;  // open to the end: the worker exits when it closes
  FileDescriptor events_;
  WorkerOutput& output_;
  const std::function<void(const v1::JobEvent&)>& on_event_;
  std::optional<v1::JobEvent> result_;
};

}  // namespace

absl::StatusOr<v1::VersionInfo> RunTrainerProcess(
    const std::filesystem::path& program, const v1::Job& job,
    const std::function<void(const v1::JobEvent&)>& on_event, const JobCancellation& cancellation) {
  const std::optional<uint64_t> memory_bytes =
      job.has_max_memory_bytes() ? std::optional(job.max_memory_bytes()) : std::nullopt;
  ADVAE_ASSIGN_OR_RETURN(WorkerProcess worker, StartWorker(program, memory_bytes));
  WorkerOutput output(std::move(worker.output), ModelOf(job));
  auto result =
      Conversation(job, std::move(worker.input), std::move(worker.events), output, on_event)
          .Run(cancellation);
  const bool has_outcome = result.ok() && result->has_value();
  const int wait_status = output.WaitForEnd(
      worker.pid, cancellation, SteadyNow() + (has_outcome ? kEndLimit : absl::ZeroDuration()));
  if (!result.ok()) return result.status();
  if (!result->has_value()) return DeathStatus(wait_status);
  if ((*result)->has_failed()) return FailureStatus((*result)->failed());
  return (*result)->finished().version();
}

}  // namespace advae
