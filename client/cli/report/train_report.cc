#include "client/cli/report/train_report.h"

#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/data_input.h"
#include "client/cli/report/report_sections.h"
#include "client/cli/scored_rows.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr size_t kShownRows = 20;

ReportTable QualityTable(const v1::VersionInfo& version) {
  ReportTable table{.columns = {"training", "value"}};
  const auto add = [&table](const char* name, std::string value) {
    table.rows.push_back({name, std::move(value)});
  };
  add("rows", absl::StrCat(version.training_rows()));
  if (version.left_out_rows() > 0) add("of them left out", absl::StrCat(version.left_out_rows()));
  add("features", absl::StrCat(version.features_size()));
  add("members", absl::StrCat(version.hyperparameters().ensemble_size()));
  add("seconds", Short(static_cast<double>(google::protobuf::util::TimeUtil::DurationToMilliseconds(
                           version.training_duration())) /
                       1000));
  if (version.has_held_out()) {
    add("held-out rows", absl::StrCat(version.held_out().rows()));
    add("their reconstruction error", Short(version.held_out().reconstruction()));
    add("their KLD", Short(version.held_out().kld()));
  }
  return table;
}

ReportTable HingesTable(const v1::LossTerms& losses) {
  ReportTable table{.columns = {"hinge, last epoch", "value", "active rows"}};
  for (const Hinge& hinge : kHinges) {
    table.rows.push_back({hinge.name, Short((losses.*hinge.value)()),
                          absl::StrFormat("%.1f %%", 100 * (losses.*hinge.active)())});
  }
  return table;
}

void AddTraining(const FinishedTraining& training, ReportPage& page) {
  const v1::VersionInfo& version = training.version;
  if (!version.warnings().empty()) {
    ReportTable table{.columns = {"possible problems"}};
    for (const std::string& warning : version.warnings()) table.rows.push_back({warning});
    page.BeginSection("Warnings");
    page.Add(table);
  }
  page.BeginSection("Training",
                    "Held-out rows are those that a member was not trained on. A hinge that is "
                    "active for no row does not affect the training.");
  page.Add(QualityTable(version));
  page.Add(HingesTable(version.final_losses()));
  page.BeginSection(
      "Loss curves",
      "Each member starts from random weights of its own, and as many train at a time "
      "as there are threads. The curves are the mean over those in training, and start "
      "over with the next ones.");
  for (const LineChart& chart : training.losses.Charts()) page.Add(chart);
}

// How the held-out scores' distribution agrees with their quantiles.
ChartLine QuantileLine(const v1::VersionInfo& version, const std::vector<ChartPoint>& cdf) {
  ChartLine line{.name = "held-out training scores", .points = {}};
  for (int i = version.score_quantiles_size() - 1; i >= 0; --i) {
    const v1::ScoreQuantile& quantile = version.score_quantiles(i);
    line.points.emplace_back(1 - Interpolated(cdf, quantile.score()), 1 - quantile.probability());
  }
  return line;
}

void AddScores(const v1::VersionInfo& version, ScoredRows rows, std::vector<ChartPoint> cdf,
               ReportPage& page) {
  const bool held_out = version.hyperparameters().ensemble_size() > 1;
  page.BeginSection(
      "Scores",
      held_out ? "The density is that of each row's score by the one member that has not seen it; "
                 "thresholds and p-values come from it. The histogram shows the scores by all "
                 "members, most of which were trained on the row and therefore score it lower."
               : "The density is that of the training rows' scores; thresholds and p-values come "
                 "from it.");
  RankNotFinite(rows);
  std::erase_if(rows.scores, [](double score) { return !std::isfinite(score); });
  ChartLine alarms = AlarmLine("training rows, by all members", std::move(rows.p_values));
  const double smallest = alarms.points.front().first;
  std::vector<ChartLine> lines = {std::move(alarms)};
  if (held_out) lines.push_back(QuantileLine(version, cdf));
  page.Add(ScoreChart(
      {.groups = {{.name = "training rows, by all members", .scores = std::move(rows.scores)}},
       .training_cdf = std::move(cdf),
       .threshold = rows.threshold,
       .alpha = rows.alpha}));
  page.Add(CalibrationChart("Calibration: share of the rows with p ≤ alpha", std::move(lines),
                            smallest, 1));
}

}  // namespace

absl::StatusOr<ReportPage> TrainReport(const FinishedTraining& training, Session& session) {
  const v1::VersionInfo& version = training.version;
  v1::ScoreRequest settings;
  settings.set_model(version.model());
  settings.set_version(version.version());
  DataSetOptions options = training.read_options;
  options.refuse_label_feature = false;
  ADVAE_ASSIGN_OR_RETURN(DataInput input, DataInput::OpenForScoring(training.data, session.streams,
                                                                    std::move(options), version));
  NotableRows most_anomalous(kShownRows, [](const ScoredRow& row) { return row.score; });
  ADVAE_ASSIGN_OR_RETURN(ScoredRows rows,
                         ScoreAllRows(session, settings, input, {&most_anomalous}));
  std::vector<ScoredRow> shown = most_anomalous.Sorted();
  ADVAE_RETURN_IF_ERROR(ExplainRows(session.client, settings, shown));
  ADVAE_ASSIGN_OR_RETURN(std::vector<ChartPoint> cdf, TrainingCdf(session.client, version));

  ReportPage page(absl::StrCat("Training of ", version.model(), ", version ", version.version()),
                  absl::StrFormat("%d rows of %d features; threshold %s at alpha = %s.",
                                  version.training_rows(), version.features_size(),
                                  Short(rows.threshold), Short(rows.alpha)));
  AddTraining(training, page);
  AddSchema(version, page);
  AddScores(version, std::move(rows), std::move(cdf), page);
  page.BeginSection("Most anomalous training rows", kRowsTableText);
  page.Add(RowsTable(shown, input.key_names()));
  AddProvenance(version, training.data, session, page);
  return page;
}

}  // namespace advae
