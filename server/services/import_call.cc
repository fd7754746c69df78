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
  uint64_t file_bytes = 0;
  for (const char* name : {kEncoder, kGenerator}) {
    std::error_code missing;
    const uintmax_t size = std::filesystem::file_size(upload().PathOf(name), missing);
    if (missing) {
      return AtField(
          absl::InvalidArgumentError(absl::StrCat("no bytes of the ", name, " were sent")),
          absl::StrCat(name, "_chunk"));
    }
    file_bytes += size;
  }
  ADVAE_RETURN_IF_ERROR(
      CheckImportMemory(file_bytes, upload().rows(), upload().columns(), MemoryLimits()));
  job.mutable_import()->set_encoder_path(upload().PathOf(kEncoder).string());
  job.mutable_import()->set_generator_path(upload().PathOf(kGenerator).string());
  return job;
}

void ImportCall::OnVersion(const v1::VersionInfo& version) {
  *response_.mutable_version() = version;
}

}  // namespace advae
