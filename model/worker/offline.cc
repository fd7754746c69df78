#include "model/worker/offline.h"

#include <google/protobuf/util/time_util.h>

#include <filesystem>
#include <iostream>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_format.h"
#include "model/base/status_macros.h"
#include "model/repository/repository.h"
#include "model/worker/csv_rows.h"
#include "model/worker/job.h"

namespace advae {
namespace {

void PrintEvent(const v1::JobEvent& event) {
  if (event.has_started()) {
    std::cerr << absl::StreamFormat("training %s on %d rows of %d features\n",
                                    event.started().model(), event.started().rows(),
                                    event.started().columns());
  }
  if (event.has_progress()) {
    const v1::TrainProgress& progress = event.progress();
    const v1::LossTerms& losses = progress.losses();
    std::cerr << absl::StreamFormat(
        "epoch %d of %d: L_E %.4g, L_G %.4g, L_T %.4g, %d s left\n", progress.epoch(),
        progress.epochs(), losses.encoder(), losses.generator(), losses.transformer(),
        google::protobuf::util::TimeUtil::DurationToSeconds(progress.time_left()));
  }
}

}  // namespace

absl::StatusOr<v1::VersionInfo> RunOffline(v1::Job job, const CsvRows& csv) {
  ADVAE_ASSIGN_OR_RETURN(const Repository repository, Repository::Open(job.repository()));
  ADVAE_ASSIGN_OR_RETURN(const std::filesystem::path folder, repository.CreateStagingFolder());
  const absl::Cleanup remove_folder = [&folder] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  };
  DataSetOptions options = csv.table;
  options.label_column = csv.label_column;
  options.skip_labels = true;
  options.refuse_label_feature = !csv.label_column && !csv.no_label;
  ADVAE_ASSIGN_OR_RETURN(*job.mutable_rows(), ConvertCsvToRowFile(csv.path, std::move(options),
                                                                  folder / "rows.f32", std::cerr));
  return RunJob(job, PrintEvent);
}

}  // namespace advae
