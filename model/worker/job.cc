#include "model/worker/job.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "model/base/status_macros.h"
#include "model/data/matrix.h"
#include "model/fitting/build_bundle.h"
#include "model/fitting/feature_names.h"
#include "model/fitting/import_bundle.h"
#include "model/networks/torch_errors.h"
#include "model/pytorch/weight_file.h"
#include "model/repository/network_tensors.h"
#include "model/repository/repository.h"
#include "model/repository/row_file.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/version_bundle.h"
#include "model/scoring/version_memory.h"
#include "model/spec/job_spec.h"
#include "model/table/survey/table_survey.h"
#include "model/training/train_bundle.h"
#include "model/worker/encoded_table.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

constexpr uint64_t kDefaultSeed = 1;
constexpr double kDefaultAlpha = 0.1;
constexpr char kOutOfMemory[] = "out of memory";  // as CatchTorchErrors says it

// The parts of a job that training and import have in common, checked and loaded.
struct JobInput {
  Repository repository;
  BundleOptions options;
  bool keep_serving_version = false;
  std::optional<uint64_t> max_version_bytes;
  Matrix rows;
};

template <typename Spec>  // v1::TrainSpec or v1::ImportSpec
BundleOptions OptionsOf(const v1::Job& job, const Spec& spec) {
  const auto& names = job.rows().feature_names();
  return {.model = spec.model(),
          .feature_names = {names.begin(), names.end()},
          .latent_plan = spec.latent_plan(),
          .seed = spec.has_seed() ? spec.seed() : kDefaultSeed,
          .alpha = spec.has_alpha() ? spec.alpha() : kDefaultAlpha,
          .threads = static_cast<int>(std::max(1u, job.threads()))};
}

absl::Status CheckSpec(const v1::TrainSpec& spec) { return CheckTrainSpec(spec); }
absl::Status CheckSpec(const v1::ImportSpec& spec) { return CheckImportSpec(spec); }

absl::StatusOr<Repository> OpenRepository(const v1::Job& job) {
  return job.repository_id().empty()
             ? Repository::Open(job.repository())
             : Repository::OpenExisting(job.repository(), job.repository_id());
}

JobMemoryLimits MemoryLimitsOf(const v1::Job& job) {
  JobMemoryLimits limits{.process_threads = std::max(1u, job.threads())};
  if (job.has_max_memory_bytes()) limits.process_bytes = job.max_memory_bytes();
  if (job.has_max_version_bytes()) limits.versions_bytes = job.max_version_bytes();
  return limits;
}

// The rows that the version is made of; with a table, `options` get what it says of them.
absl::StatusOr<Matrix> LoadRows(const v1::Job& job, BundleOptions& options) {
  if (!job.has_train() || !job.has_table()) return ReadRowFile(job.rows());
  ADVAE_ASSIGN_OR_RETURN(EncodedTable table,
                         EncodeTableFile(job.table(), job.train(), MemoryLimitsOf(job)));
  options.feature_names = table.encoder->feature_names();
  options.encoder = std::move(table.encoder);
  return std::move(table.rows);
}

template <typename Spec>
absl::StatusOr<JobInput> LoadInput(const v1::Job& job, const Spec& spec) {
  BundleOptions options = OptionsOf(job, spec);
  absl::Status status = CheckSpec(spec);
  if (!options.feature_names.empty()) {
    status.Update(ValidateFeatureNames(options.feature_names, job.rows().columns()));
  }
  if (!status.ok()) return status;
  ADVAE_ASSIGN_OR_RETURN(Repository repository, OpenRepository(job));
  ADVAE_ASSIGN_OR_RETURN(Matrix rows, LoadRows(job, options));
  return JobInput{.repository = std::move(repository),
                  .options = std::move(options),
                  .keep_serving_version = spec.keep_serving_version(),
                  .max_version_bytes = job.has_max_version_bytes()
                                           ? std::optional(job.max_version_bytes())
                                           : std::nullopt,
                  .rows = std::move(rows)};
}

// kResourceExhausted when a version is larger than the server that asked for it can load.
absl::Status CheckVersionMemory(const v1::VersionInfo& info, std::optional<uint64_t> max_bytes) {
  const VersionMemory memory = EstimateVersionMemory(VersionShape::Of(info));
  const uint64_t bytes = memory.Total(/*threads=*/1);
  if (!max_bytes || bytes <= *max_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrFormat(
      "the version would take about %.0f MB of memory when it is loaded, but the limit is %.0f MB; "
      "use smaller networks, fewer members, fewer samples or fewer remembered rows",
      static_cast<double>(bytes) / 1e6, static_cast<double>(*max_bytes) / 1e6));
}

// After an error nothing is published.
absl::StatusOr<v1::VersionInfo> Publish(const v1::Job& job, const JobInput& input,
                                        VersionBundle bundle) {
  ADVAE_RETURN_IF_ERROR(CheckVersionMemory(bundle.info, input.max_version_bytes));
  *bundle.info.mutable_create_time() = TimeUtil::GetCurrentTime();
  bundle.info.set_created_by(job.created_by());
  for (v1::ThresholdRecord& record : *bundle.info.mutable_threshold_history()) {
    record.set_set_by(job.created_by());
  }
  ADVAE_ASSIGN_OR_RETURN(const Published published,
                         input.repository.Publish(
                             bundle, {.above = job.highest_known_version(),
                                      .serving = input.keep_serving_version ? Serving::kIfNoneServes
                                                                            : Serving::kAlways,
                                      .job = job.id()}));
  bundle.info.set_version(published.version);
  if (!published.aftermath.ok()) {
    bundle.info.add_warnings(
        absl::StrCat("The version is published, but may not be serving, or may not survive a "
                     "crash of the machine: ",
                     std::string(published.aftermath.message())));
  }
  return std::move(bundle.info);
}

absl::StatusOr<v1::VersionInfo> RunTraining(const v1::Job& job, const JobCallback& on_event) {
  const v1::TrainSpec& spec = job.train();
  ADVAE_ASSIGN_OR_RETURN(JobInput input, LoadInput(job, spec));
  input.options.trimmed_share = spec.trimmed_share();
  const auto on_start = [&](const v1::Hyperparameters& parameters) {
    v1::JobEvent event;
    v1::TrainAccepted& started = *event.mutable_started();
    started.set_model(spec.model());
    started.set_rows(input.rows.rows());
    started.set_columns(static_cast<uint32_t>(input.rows.columns));
    *started.mutable_hyperparameters() = parameters;
    if (input.options.encoder) *started.mutable_schema() = input.options.encoder->schema();
    on_event(event);
  };
  const auto on_progress = [&](const v1::TrainProgress& progress) {
    v1::JobEvent event;
    *event.mutable_progress() = progress;
    on_event(event);
  };
  ADVAE_ASSIGN_OR_RETURN(VersionBundle bundle,
                         TrainBundle(input.options, spec.hyperparameters(), input.rows.view(),
                                     {.on_start = on_start, .on_progress = on_progress}));
  if (input.options.encoder) {
    for (std::string& warning : SchemaWarnings(input.options.encoder->schema())) {
      bundle.info.add_warnings(std::move(warning));
    }
  }
  return Publish(job, input, std::move(bundle));
}

absl::Status WithContext(const char* context, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

absl::StatusOr<NetworkWeights> ReadWeights(const v1::ImportJob& import) {
  const absl::StatusOr<TensorMap> encoder = ReadWeightFile(import.encoder_path());
  if (!encoder.ok()) return WithContext("encoder file", encoder.status());
  const absl::StatusOr<TensorMap> generator = ReadWeightFile(import.generator_path());
  if (!generator.ok()) return WithContext("generator file", generator.status());
  return WeightsFromTensors(*encoder, *generator);
}

absl::StatusOr<v1::VersionInfo> RunImport(const v1::Job& job) {
  ADVAE_ASSIGN_OR_RETURN(JobInput input, LoadInput(job, job.import().spec()));
  input.options.memory_rows = static_cast<uint32_t>(
      std::min<uint64_t>(job.import().spec().memory_rows(), input.rows.rows()));
  ADVAE_ASSIGN_OR_RETURN(NetworkWeights weights, ReadWeights(job.import()));
  ADVAE_ASSIGN_OR_RETURN(VersionBundle bundle,
                         ImportBundle(input.options, std::move(weights), input.rows.view()));
  return Publish(job, input, std::move(bundle));
}

absl::StatusOr<v1::VersionInfo> RunWork(const v1::Job& job, const JobCallback& on_event) {
  switch (job.work_case()) {
    case v1::Job::kTrain:
      return RunTraining(job, on_event);
    case v1::Job::kImport:
      return RunImport(job);
    case v1::Job::WORK_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("the job has neither a training nor an import");
}

}  // namespace

absl::StatusOr<v1::VersionInfo> RunJob(const v1::Job& job, const JobCallback& on_event) {
  absl::StatusOr<v1::VersionInfo> version;
  const absl::Status status = CatchTorchErrors("the job", [&] {
    version = RunWork(job, on_event);
    return version.status();
  });
  if (status.ok()) return version;
  if (!job.has_max_memory_bytes() || !absl::StrContains(status.message(), kOutOfMemory)) {
    return status;
  }
  return absl::Status(
      status.code(),
      absl::StrFormat("%s; it took more than the limit of %.0f MB (--max_training_memory)",
                      status.message(), static_cast<double>(job.max_memory_bytes()) / 1e6));
}

}  // namespace advae
