#include "model/training/job.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/data/matrix.h"
#include "model/scoring/latent_plan.h"
#include "model/scoring/network_weights.h"
#include "model/scoring/repository.h"
#include "model/scoring/scaler.h"
#include "model/scoring/score_distribution.h"
#include "model/scoring/version_bundle.h"
#include "model/scoring/weight_import.h"
#include "model/training/hyperparameters.h"
#include "model/training/row_file.h"
#include "model/training/train_bundle.h"
#include "model/training/weight_file.h"

namespace advae {
namespace {

using ::google::protobuf::util::TimeUtil;

constexpr uint64_t kDefaultSeed = 1;
constexpr double kDefaultAlpha = 0.1;

// The parts of a job that training and import have in common, checked and loaded.
struct JobInput {
  Repository repository;
  BundleOptions options;
  bool keep_serving_version = false;
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

absl::Status CheckOptions(const BundleOptions& options, size_t columns) {
  absl::Status status = ValidateModelName(options.model);
  status.Update(ValidateAlpha(options.alpha));
  status.Update(ResolveLatentPlanSpec(options.latent_plan, options.seed).status());
  if (!options.feature_names.empty()) {
    status.Update(ValidateFeatureNames(options.feature_names, columns));
  }
  return status;
}

absl::StatusOr<Repository> OpenRepository(const v1::Job& job) {
  return job.repository_id().empty()
             ? Repository::Open(job.repository())
             : Repository::OpenExisting(job.repository(), job.repository_id());
}

template <typename Spec>
absl::StatusOr<JobInput> LoadInput(const v1::Job& job, const Spec& spec) {
  BundleOptions options = OptionsOf(job, spec);
  if (absl::Status status = CheckOptions(options, job.rows().columns()); !status.ok()) {
    return status;
  }
  absl::StatusOr<Repository> repository = OpenRepository(job);
  if (!repository.ok()) return repository.status();
  absl::StatusOr<Matrix> rows = ReadRowFile(job.rows());
  if (!rows.ok()) return rows.status();
  return JobInput{.repository = *std::move(repository),
                  .options = std::move(options),
                  .keep_serving_version = spec.keep_serving_version(),
                  .rows = *std::move(rows)};
}

// After an error nothing is published.
absl::StatusOr<v1::VersionInfo> Publish(const v1::Job& job, const JobInput& input,
                                        VersionBundle bundle) {
  *bundle.info.mutable_create_time() = TimeUtil::GetCurrentTime();
  const absl::StatusOr<Published> published = input.repository.Publish(
      bundle, {.above = job.highest_known_version(),
               .serving = input.keep_serving_version ? Serving::kIfNoneServes : Serving::kAlways,
               .job = job.id()});
  if (!published.ok()) return published.status();
  bundle.info.set_version(published->version);
  if (!published->aftermath.ok()) {
    bundle.info.add_warnings(
        absl::StrCat("The version is published, but may not serve or may not outlast a crash of "
                     "the machine: ",
                     std::string(published->aftermath.message())));
  }
  return std::move(bundle.info);
}

absl::StatusOr<v1::VersionInfo> RunTraining(const v1::Job& job, const JobCallback& on_event) {
  const v1::TrainSpec& spec = job.train();
  absl::Status status = ValidateHyperparameters(spec.hyperparameters());
  status.Update(ValidateTrimmedShare(spec.trimmed_share()));
  if (!status.ok()) return status;
  absl::StatusOr<JobInput> input = LoadInput(job, spec);
  if (!input.ok()) return input.status();
  input->options.trimmed_share = spec.trimmed_share();
  const TrainingObserver observer{.on_start =
                                      [&](const v1::Hyperparameters& parameters) {
                                        v1::JobEvent event;
                                        event.mutable_started()->set_model(spec.model());
                                        event.mutable_started()->set_rows(job.rows().rows());
                                        event.mutable_started()->set_columns(job.rows().columns());
                                        *event.mutable_started()->mutable_hyperparameters() =
                                            parameters;
                                        on_event(event);
                                      },
                                  .on_progress =
                                      [&](const v1::TrainProgress& progress) {
                                        v1::JobEvent event;
                                        *event.mutable_progress() = progress;
                                        on_event(event);
                                      }};
  absl::StatusOr<VersionBundle> bundle =
      TrainBundle(input->options, spec.hyperparameters(), input->rows.view(), observer);
  if (!bundle.ok()) return bundle.status();
  return Publish(job, *input, *std::move(bundle));
}

absl::Status WithContext(const char* context, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

absl::StatusOr<v1::VersionInfo> RunImport(const v1::Job& job) {
  const absl::StatusOr<JobInput> input = LoadInput(job, job.import().spec());
  if (!input.ok()) return input.status();
  absl::StatusOr<MinMaxScaler> scaler = MinMaxScaler::Fit(input->rows.view());
  if (!scaler.ok()) return scaler.status();
  const absl::StatusOr<TensorMap> encoder = ReadWeightFile(job.import().encoder_path());
  if (!encoder.ok()) return WithContext("encoder file", encoder.status());
  const absl::StatusOr<TensorMap> generator = ReadWeightFile(job.import().generator_path());
  if (!generator.ok()) return WithContext("generator file", generator.status());
  absl::StatusOr<NetworkWeights> weights = WeightsFromTensors(*encoder, *generator);
  if (!weights.ok()) return weights.status();

  v1::Hyperparameters sizes;
  sizes.set_latent_size(static_cast<uint32_t>(weights->latent_size()));
  sizes.set_hidden_size(static_cast<uint32_t>(weights->encoder.hidden1.outputs));
  absl::StatusOr<VersionBundle> bundle = BuildBundle(
      input->options, input->rows.view(), {.networks = {*std::move(weights)}}, *std::move(scaler));
  if (!bundle.ok()) return bundle.status();
  bundle->info.set_origin(v1::ORIGIN_IMPORTED);
  *bundle->info.mutable_hyperparameters() = std::move(sizes);
  return Publish(job, *input, *std::move(bundle));
}

}  // namespace

absl::StatusOr<v1::VersionInfo> RunJob(const v1::Job& job, const JobCallback& on_event) {
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

}  // namespace advae
