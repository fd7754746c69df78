#include "model/spec/job_spec.h"

#include <algorithm>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "model/base/error_subject.h"
#include "model/data/column_selection.h"
#include "model/distribution/score_distribution.h"
#include "model/repository/repository.h"
#include "model/scoring/latent_plan.h"
#include "model/spec/hyperparameters.h"
#include "model/spec/job_memory.h"

namespace advae {
namespace {

// What both kinds of specs have.
template <typename Spec>
absl::Status CheckCommon(const Spec& spec) {
  absl::Status status = AtField(ValidateModelName(spec.model()), "model");
  if (spec.has_alpha()) status.Update(AtField(ValidateAlpha(spec.alpha()), "alpha"));
  status.Update(
      AtField(ResolveLatentPlanSpec(spec.latent_plan(), spec.seed()).status(), "latent_plan"));
  return status;
}

absl::Status CheckSettings(const google::protobuf::RepeatedPtrField<v1::ColumnSetting>& settings) {
  for (int i = 0; i < settings.size(); ++i) {
    const v1::ColumnSetting& setting = settings[i];
    const std::string field = absl::StrCat("columns[", i, "]");
    if (setting.name().empty()) {
      return AtField(absl::InvalidArgumentError(
                         "a column setting has no name; expected that of a column, or a pattern"),
                     field + ".name");
    }
    if (!v1::ColumnKind_IsValid(setting.kind()) || !v1::ColumnRole_IsValid(setting.role()) ||
        !v1::DateOrder_IsValid(setting.date_order())) {
      return AtField(
          absl::InvalidArgumentError(absl::StrCat("the setting of column ", Quoted(setting.name()),
                                                  " has an unknown kind, role or order of dates")),
          field);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMissingMarks(const google::protobuf::RepeatedPtrField<std::string>& marks) {
  constexpr int kMaxMarks = 64;
  constexpr size_t kMaxMarkBytes = 256;
  if (marks.size() > kMaxMarks) {
    return AtField(absl::InvalidArgumentError(
                       absl::StrCat("the spec has ", marks.size(),
                                    " marks of missing values; expected at most ", kMaxMarks)),
                   "missing_marks");
  }
  for (int i = 0; i < marks.size(); ++i) {
    if (!marks[i].empty() && marks[i].size() <= kMaxMarkBytes) continue;
    return AtField(
        absl::InvalidArgumentError(absl::StrCat("a mark of missing values has ", marks[i].size(),
                                                " bytes; expected 1 to ", kMaxMarkBytes)),
        absl::StrCat("missing_marks[", i, "]"));
  }
  return absl::OkStatus();
}

absl::Status CheckDecimalMark(v1::DecimalMark mark) {
  if (v1::DecimalMark_IsValid(mark)) return absl::OkStatus();
  return AtField(absl::InvalidArgumentError(absl::StrCat("the spec has an unknown decimal mark, ",
                                                         static_cast<int>(mark))),
                 "decimal_mark");
}

std::string InMegabytes(uint64_t bytes) {
  return absl::StrFormat("%.0f MB", static_cast<double>(bytes) / 1e6);
}

// A number that a client can lower.
struct Lever {
  const char* name;
  uint64_t TrainingShape::*shape = nullptr;
  uint64_t VersionShape::*version = nullptr;

  uint64_t& In(TrainingShape& training) const {
    return shape != nullptr ? training.*shape : training.version.*version;
  }
};

constexpr Lever kLevers[] = {
    {.name = "hidden_size", .version = &VersionShape::hidden_size},
    {.name = "latent_size", .version = &VersionShape::latent_size},
    {.name = "ensemble_size", .version = &VersionShape::members},
    {.name = "batch_size", .shape = &TrainingShape::batch_size},
    {.name = "latent_plan.samples", .version = &VersionShape::samples},
    {.name = "memory_rows", .version = &VersionShape::memory_rows},
    {.name = "the number of rows", .shape = &TrainingShape::rows},
    {.name = "the number of features", .version = &VersionShape::features},
};

using Estimate = std::function<uint64_t(const TrainingShape&)>;

// kResourceExhausted when `estimate` exceeds `limit`, with the number whose half saves most.
absl::Status CheckEstimate(const char* what, const TrainingShape& shape, const Estimate& estimate,
                           uint64_t limit) {
  const uint64_t bytes = estimate(shape);
  if (bytes <= limit) return absl::OkStatus();
  const Lever* best = kLevers;
  uint64_t least = bytes;
  for (const Lever& lever : kLevers) {
    TrainingShape changed = shape;
    uint64_t& value = lever.In(changed);
    value = (value + 1) / 2;
    changed.version.training_rows = changed.rows;
    changed.version.memory_rows = std::min(changed.version.memory_rows, changed.rows);
    const uint64_t halved = estimate(changed);
    if (halved >= least) continue;
    least = halved;
    best = &lever;
  }
  TrainingShape copy = shape;
  return absl::ResourceExhaustedError(
      absl::StrCat(what, " about ", InMegabytes(bytes), " of memory, but the limit is ",
                   InMegabytes(limit), "; lower ", best->name, ", which is ", best->In(copy)));
}

}  // namespace

absl::Status CheckTrainSpec(const v1::TrainSpec& spec) {
  absl::Status status = CheckCommon(spec);
  status.Update(CheckSettings(spec.columns()));
  status.Update(CheckMissingMarks(spec.missing_marks()));
  status.Update(CheckDecimalMark(spec.decimal_mark()));
  status.Update(AtField(ValidateTrimmedShare(spec.trimmed_share()), "trimmed_share"));
  status.Update(AtField(ValidateHyperparameters(spec.hyperparameters()), "hyperparameters"));
  if (!status.ok() || !spec.hyperparameters().has_latent_size()) return status;
  return AtField(CheckPlanSize(ResolveLatentPlanSpec(spec.latent_plan(), spec.seed())->samples(),
                               spec.hyperparameters().latent_size()),
                 "latent_plan.samples");
}

absl::Status CheckImportSpec(const v1::ImportSpec& spec) {
  absl::Status status = CheckCommon(spec);
  status.Update(ValidateMemoryRows(spec.memory_rows()));
  return status;
}

absl::Status CheckTrainingMemory(const v1::TrainSpec& spec, uint64_t rows, uint32_t features,
                                 const JobMemoryLimits& limits) {
  const TrainingShape shape = TrainingShape::Of(spec, rows, features, limits.process_threads);
  absl::Status status =
      CheckEstimate("the training would take", shape, EstimateTrainingMemory, limits.process_bytes);
  const auto with_version = [&limits](const TrainingShape& training) {
    const MemoryUse use = limits.serving.With(EstimateVersionMemory(training.version));
    return use.Total(limits.scoring_threads);
  };
  status.Update(CheckEstimate("with this version, all serving versions would take", shape,
                              with_version, limits.versions_bytes));
  return status;
}

absl::Status CheckImportMemory(const ImportShape& shape, const JobMemoryLimits& limits) {
  const uint64_t bytes = EstimateImportMemory(shape);
  if (bytes <= limits.process_bytes) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the import would take about ", InMegabytes(bytes), " of memory, but the limit is ",
      InMegabytes(limits.process_bytes), "; send smaller weight files or fewer rows"));
}

}  // namespace advae
