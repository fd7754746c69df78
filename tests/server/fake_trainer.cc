// Stands in for advae-trainer in tests: takes a job and does what the model's name says.
//
//   crash      ends by SIGSEGV                     silent   exits 3 without a result
//   garbage    sends bytes that are no event       huge     announces an event of 4 GB
//   endless    sends a length that does not end    large    announces an event of 65 MiB
//   refuse     fails with kInvalidArgument         nothing  fails with code 0
//   hang       never ends by itself                deaf     closes its events and never ends
//   blas       fails with the value of OPENBLAS_NUM_THREADS
//   limits     fails with the limits of its data, files, open files and core dumps
//   allocate   takes the memory limit and 300 MB more, and fails with kResourceExhausted
//   chatty     writes 4 MB of lines to its standard error, and then publishes
//   forger     writes lines of a log and one without an end there, and then publishes
//   chatty-last  writes 4 MB of lines there after it has published
//   (else)     sends two progress events and publishes a small version, that of PumpSchema for a
//              table; and then
//   published-crash  ends by SIGKILL              published-hang    never ends by itself
//   published-fail   fails with kUnavailable      published-damage  damages the version
//   published-unmount  moves the repository away  finished-hang     never ends after its result

#include <google/protobuf/util/delimited_message_util.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "advae/v1/job.pb.h"
#include "google/protobuf/io/zero_copy_stream_impl.h"
#include "model/repository/repository.h"
#include "tests/testing/random_model.h"
#include "tests/testing/small_table.h"

namespace {

constexpr int kEvents = 3;

void Send(const advae::v1::JobEvent& event) {
  google::protobuf::util::SerializeDelimitedToFileDescriptor(event, kEvents);
}

void SendBytes(const std::string& bytes) {
  if (write(kEvents, bytes.data(), bytes.size()) < 0) _exit(4);
}

void Fail(absl::StatusCode code, const char* message) {
  advae::v1::JobEvent event;
  event.mutable_failed()->set_code(static_cast<int>(code));
  event.mutable_failed()->set_message(message);
  Send(event);
}

void FailWithLimits() {
  std::string limits;
  for (const auto resource : {RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CORE}) {
    rlimit limit;
    getrlimit(resource, &limit);
    limits += std::to_string(limit.rlim_cur) + " ";
  }
  Fail(absl::StatusCode::kInternal, limits.c_str());
}

void Allocate(uint64_t bytes) {
  void* const memory = std::malloc(bytes);
  const bool refused = memory == nullptr;
  std::free(memory);
  Fail(refused ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kInternal, "allocated");
}

void SendStarted(const advae::v1::Job& job, const std::string& model) {
  advae::v1::JobEvent event;
  event.mutable_started()->set_model(model);
  advae::v1::TrainAccepted& started = *event.mutable_started();
  started.set_rows(job.has_table() ? job.table().rows() : job.rows().rows());
  started.set_columns(job.has_table() ? job.table().columns() : job.rows().columns());
  if (job.has_table()) *started.mutable_schema() = advae::testing::PumpSchema();
  Send(event);
}

absl::StatusOr<advae::Published> PublishVersion(const advae::v1::Job& job,
                                                const std::string& model) {
  const auto repository = job.repository_id().empty() ? advae::Repository::Open(job.repository())
                                                      : advae::Repository::OpenExisting(
                                                            job.repository(), job.repository_id());
  if (!repository.ok()) return repository.status();
  auto bundle = job.has_table()
                    ? advae::testing::PumpBundle(model)
                    : advae::testing::RandomBundle(model, static_cast<uint32_t>(job.rows().rows()));
  bundle->info.set_created_by(job.created_by());
  return repository->Publish(*bundle, {.above = job.highest_known_version(), .job = job.id()});
}

void Publish(const advae::v1::Job& job, const std::string& model) {
  SendStarted(job, model);
  advae::v1::JobEvent event;
  for (const uint32_t epoch : {1, 2}) {
    event.mutable_progress()->set_epoch(epoch);
    event.mutable_progress()->set_epochs(2);
    event.mutable_progress()->mutable_losses()->set_encoder(0.5 / epoch);
    Send(event);
  }
  const auto published = PublishVersion(job, model);
  if (!published.ok()) {
    return Fail(published.status().code(), std::string(published.status().message()).c_str());
  }
  const std::filesystem::path root = job.repository();
  if (model == "published-crash") raise(SIGKILL);
  if (model == "published-hang") pause();
  if (model == "published-fail") return Fail(absl::StatusCode::kUnavailable, "the disk has gone");
  if (model == "published-damage") {
    std::filesystem::resize_file(
        root / model / std::to_string(published->version) / "weights.safetensors", 1);
  }
  if (model == "published-unmount") std::filesystem::rename(root, root.string() + ".away");
  event.mutable_finished()->mutable_version()->set_model(model);
  event.mutable_finished()->mutable_version()->set_version(published->version);
  Send(event);
}

// Lines of 1000 bytes.
void WriteLines(int count) {
  const std::string line = std::string(999, 'a') + "\n";
  for (int i = 0; i < count; ++i) {
    if (write(STDERR_FILENO, line.data(), line.size()) < 0) _exit(4);
  }
}

void WriteForgedLines() {
  std::fputs("2026-01-01T00:00:00.000Z info forged model=other\n\x1b[31mred", stderr);
  std::fflush(stderr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || std::strcmp(argv[1], "worker") != 0) return 2;
  google::protobuf::io::FileInputStream input(STDIN_FILENO);
  advae::v1::Job job;
  bool clean_end = false;
  if (!google::protobuf::util::ParseDelimitedFromZeroCopyStream(&job, &input, &clean_end)) return 2;
  const std::string model = job.has_train() ? job.train().model() : job.import().spec().model();

  if (model == "crash") {
    signal(SIGSEGV, SIG_DFL);  // of which a sanitizer makes a report
    raise(SIGSEGV);
  }
  if (model == "silent") return 3;
  if (model == "garbage") SendBytes("\x03\xff\xff\xff");
  if (model == "huge") SendBytes("\xff\xff\xff\xff\x0f");
  if (model == "large") SendBytes("\x80\x80\x84\x20");
  while (model == "endless") SendBytes(std::string(65536, '\xff'));
  if (model == "refuse") Fail(absl::StatusCode::kInvalidArgument, "the rows are not to my taste");
  if (model == "limits") FailWithLimits();
  if (model == "blas") Fail(absl::StatusCode::kInternal, std::getenv("OPENBLAS_NUM_THREADS"));
  if (model == "allocate") Allocate(job.max_memory_bytes() + 300'000'000);
  if (model == "nothing") Fail(absl::StatusCode::kOk, "no code");
  if (model == "deaf") close(kEvents);
  const bool hangs_started = model.rfind("started-", 0) == 0;
  if (hangs_started) SendStarted(job, model);
  if (hangs_started || model == "garbage" || model == "huge" || model == "large" ||
      model == "hang" || model == "deaf") {
    pause();
  }
  const bool failed = model == "refuse" || model == "nothing" || model == "limits" ||
                      model == "allocate" || model == "blas";
  if (model == "chatty") WriteLines(4000);
  if (model == "forger") WriteForgedLines();
  if (!failed) Publish(job, model);
  if (model == "chatty-last") WriteLines(4000);
  if (model == "finished-hang") pause();
  return 0;
}
