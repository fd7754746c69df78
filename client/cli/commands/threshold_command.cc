#include <memory>

#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] = R"(Examples:
  advae threshold pump --alpha=0.01
  advae threshold pump --alpha=0.01 --apply
  advae threshold pump --curve=200 --output=csv >curve.csv)";

void WriteCurve(const v1::ThresholdResponse& response, OutputFormat format, std::ostream& out) {
  const std::unique_ptr<RecordWriter> writer =
      RecordWriter::Create(format, {"score", "density", "cdf"}, out);
  for (const v1::DistributionPoint& point : response.curve()) {
    writer->Write({point.score(), point.density(), point.cdf()});
  }
  writer->Finish();
}

absl::Status Threshold(const v1::ThresholdRequest& request, Session& session) {
  ADVAE_ASSIGN_OR_RETURN(const v1::ThresholdResponse response, session.client.Threshold(request));
  const bool with_curve = request.curve_points() > 0;
  Json record = {
      {"model", response.model()},         {"version", response.version()},
      {"alpha", response.alpha()},         {"threshold", response.threshold()},
      {"bandwidth", response.bandwidth()}, {"training_scores", response.training_scores()},
      {"applied", request.apply()}};
  if (with_curve && IsJson(session.format)) {
    Json& curve = record["curve"] = Json::array();
    for (const v1::DistributionPoint& point : response.curve()) {
      curve.push_back(
          {{"score", point.score()}, {"density", point.density()}, {"cdf", point.cdf()}});
    }
  }
  std::ostream& out = session.streams.out;
  // One CSV file holds one kind of record: the points, when they are asked for.
  if (!with_curve || session.format != OutputFormat::kCsv) WriteObject(session.format, record, out);
  if (!with_curve || IsJson(session.format)) return absl::OkStatus();
  if (session.format == OutputFormat::kTable) out << '\n';
  WriteCurve(response, session.format, out);
  return absl::OkStatus();
}

}  // namespace

void AddThresholdCommand(CLI::App& app, Action& action) {
  const auto [command, options] =
      AddCommand(app, action,
                 {"threshold", "Show or set the score at which rows are called anomalous", kFooter},
                 Threshold);
  v1::ThresholdRequest& request = options;
  AddRequestOptions(
      command, request, "The version (default: the serving one)",
      "Expected share of normal rows called anomalous, in (0, 1) (default: the one in force)");
  command.add_flag_callback(
      "--apply", [&request] { request.set_apply(true); },
      "Make this the version's serving threshold");
  command.add_option_function<uint32_t>(
      "--curve", [&request](uint32_t points) { request.set_curve_points(points); },
      "Points of the training scores' density and CDF to print (default: none)");
}

}  // namespace advae
