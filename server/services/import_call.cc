#include "server/services/import_call.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/spec/job_spec.h"

namespace advae {
namespace {

constexpr char kEncoder[] = "encoder";
constexpr char kGenerator[] = "generator";

}  // namespace

absl::Status ImportCall::CheckSpec(const v1::ImportSpec& spec) const {
  return CheckImportSpec(spec);
}

absl::Status ImportCall::TakeData(const v1::ImportVersionRequest& request) {
  ADVAE_RETURN_IF_ERROR(Append(request));
  // As soon as it is known that it is too much, not when all is there.
  const JobMemoryLimits limits = MemoryLimits();
  return CheckImportMemory({.file_bytes = upload().file_bytes(),
                            .rows = upload().rows(),
                            .features = upload().columns(),
                            .memory_rows = spec().memory_rows(),
                            .threads = limits.process_threads},
                           limits);
}

absl::Status ImportCall::Append(const v1::ImportVersionRequest& request) {
  using Request = v1::ImportVersionRequest;
  switch (request.payload_case()) {
    case Request::kEncoderChunk:
      return upload().AppendToFile(kEncoder, request.encoder_chunk());
    case Request::kGeneratorChunk:
      return upload().AppendToFile(kGenerator, request.generator_chunk());
    case Request::kRows:
      return upload().AppendRows(request.rows());
    default:
      return absl::InvalidArgumentError(
          "a message is empty; expected bytes of the encoder or the generator, or rows");
  }
}

absl::StatusOr<v1::Job> ImportCall::MakeJob() {
  v1::Job job;
  *job.mutable_import()->mutable_spec() = spec();
  for (const char* name : {kEncoder, kGenerator}) {
    std::error_code unknown;
    if (!std::filesystem::exists(upload().PathOf(name), unknown)) {
      return AtField(
          absl::InvalidArgumentError(absl::StrCat("no bytes of the ", name, " were sent")),
          absl::StrCat(name, "_chunk"));
    }
  }
  job.mutable_import()->set_encoder_path(upload().PathOf(kEncoder).string());
  job.mutable_import()->set_generator_path(upload().PathOf(kGenerator).string());
  return job;
}

void ImportCall::OnVersion(const v1::VersionInfo& version) {
  *response_.mutable_version() = version;
}

}  // namespace advae
