#ifndef ADVAE_CLIENT_CLI_REPORT_TRAIN_REPORT_H_
#define ADVAE_CLIENT_CLI_REPORT_TRAIN_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/report/loss_history.h"
#include "client/cli/session.h"
#include "model/data/data_set.h"
#include "report/report_page.h"

namespace advae {

// A finished training, and the file that it read.
struct FinishedTraining {
  const v1::VersionInfo& version;
  const LossHistory& losses;
  std::string data;             // a file: its rows are read again
  DataSetOptions read_options;  // with which they were read
};

// The report about a training: warnings, quality, loss curves, the scores of the training rows, the
// most anomalous of them, and provenance. Asks the server to score the rows. Errors of
// DataInput::Open, ScoreAllRows and of the server.
absl::StatusOr<ReportPage> TrainReport(const FinishedTraining& training, Session& session);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_REPORT_TRAIN_REPORT_H_
