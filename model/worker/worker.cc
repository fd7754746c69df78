#include "model/worker/worker.h"

#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "model/base/status_macros.h"
#include "model/worker/confinement.h"
#include "model/worker/job.h"

namespace advae {
namespace {

namespace fs = std::filesystem;

using ::google::protobuf::util::ParseDelimitedFromZeroCopyStream;

// Set once the outcome is known: from then on a closed input means nothing.
std::atomic<bool> job_done{false};

// Ends the process when `input` closes before the job is done. Bytes that arrive are ignored.
void WatchInput(int input) {
  char ignored[256];
  ssize_t count = 0;
  do {
    count = read(input, ignored, sizeof(ignored));
  } while (count > 0 || (count < 0 && errno == EINTR));
  if (!job_done) _exit(1);
}

absl::StatusOr<v1::Job> ReadJob(int input) {
  google::protobuf::io::FileInputStream stream(input);
  v1::Job job;
  if (!ParseDelimitedFromZeroCopyStream(&job, &stream, /*clean_eof=*/nullptr)) {
    return absl::InvalidArgumentError("expected a length-delimited Job on standard input");
  }
  return job;
}

// False when nobody reads `output` any more.
bool WriteEvent(const v1::JobEvent& event, int output) {
  google::protobuf::io::FileOutputStream stream(output);
  return google::protobuf::util::SerializeDelimitedToZeroCopyStream(event, &stream) &&
         stream.Flush();
}

// The rows and weights that the job reads, and the repository that it publishes to. There, whatever
// is published has been renamed from .staging, so that no other file needs to be written.
NeededFiles FilesOf(const v1::Job& job) {
  const fs::path repository = job.repository();
  NeededFiles files{.read = {job.rows().path(), job.table().path(), job.import().encoder_path(),
                             job.import().generator_path()},
                    .rename = {repository},
                    .write = {repository / ".staging", repository / ".locks"}};
  for (const fs::path& folder : files.write) {
    std::error_code ignored;  // shows as soon as the folder is needed
    fs::create_directories(folder, ignored);
  }
  return files;
}

void ReportUnconfined(const char* what, const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "the worker is not confined in its " << what << ": " << status.message()
            << std::endl;
}

absl::StatusOr<v1::VersionInfo> DoJob(int input, int output) {
  ReportUnconfined("system calls", ConfineSystemCalls());
  ADVAE_ASSIGN_OR_RETURN(const v1::Job job, ReadJob(input));
  // What clients have sent has not been read yet.
  ReportUnconfined("files", ConfineFiles(FilesOf(job)));
  std::thread(WatchInput, input).detach();
  return RunJob(job, [output](const v1::JobEvent& event) { WriteEvent(event, output); });
}

v1::JobEvent Outcome(absl::StatusOr<v1::VersionInfo> version) {
  v1::JobEvent event;
  if (version.ok()) {
    *event.mutable_finished()->mutable_version() = *std::move(version);
  } else {
    event.mutable_failed()->set_code(static_cast<int>(version.status().code()));
    event.mutable_failed()->set_message(std::string(version.status().message()));
  }
  return event;
}

}  // namespace

int RunWorker(int input, int output) {
  signal(SIGPIPE, SIG_IGN);  // a server that is gone shows as a closed input
  signal(SIGXFSZ, SIG_IGN);  // a file beyond the limit is an error like any other
  const v1::JobEvent outcome = Outcome(DoJob(input, output));
  job_done = true;
  return WriteEvent(outcome, output) && outcome.has_finished() ? 0 : 1;
}

}  // namespace advae
