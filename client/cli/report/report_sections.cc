#include "client/cli/report/report_sections.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/schema_text.h"
#include "client/cli/version_records.h"
#include "model/base/status_macros.h"
#include "model/data/evaluation.h"

namespace advae {
namespace {

constexpr uint32_t kCurvePoints = 10000;  // the most that the server gives
constexpr int kAlphas = 60;

std::string Text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : JsonText(value);
}

// Adds the members of `object` that are no objects or lists themselves.
void AddMembers(const Json& object, const std::string& prefix, ReportTable& table) {
  for (const auto& [name, value] : object.items()) {
    if (!value.is_structured()) table.rows.push_back({prefix + name, Text(value)});
  }
}

}  // namespace

absl::StatusOr<std::vector<ChartPoint>> TrainingCdf(Client& client,
                                                    const v1::VersionInfo& version) {
  v1::ThresholdRequest request;
  request.set_model(version.model());
  request.set_version(version.version());
  request.set_curve_points(kCurvePoints);
  ADVAE_ASSIGN_OR_RETURN(const v1::ThresholdResponse response, client.Threshold(request));
  std::vector<ChartPoint> cdf;
  for (const v1::DistributionPoint& point : response.curve()) {
    cdf.emplace_back(point.score(), point.cdf());
  }
  return cdf;
}

ChartLine AlarmLine(const std::string& name, std::vector<double> p_values) {
  const double smallest = 1 / static_cast<double>(std::max<size_t>(p_values.size(), 2));
  std::vector<double> alphas;
  alphas.reserve(kAlphas);
  for (int i = 0; i < kAlphas; ++i) {
    alphas.push_back(std::pow(smallest, 1 - static_cast<double>(i) / (kAlphas - 1)));
  }
  const std::vector<double> shares = AlarmShares(std::move(p_values), alphas);
  ChartLine line{.name = name, .points = {}};
  for (size_t i = 0; i < alphas.size(); ++i) line.points.emplace_back(alphas[i], shares[i]);
  return line;
}

std::string Short(double number) {
  const Json value = FiniteOrWord(number);
  return value.is_string() ? value.get<std::string>() : absl::StrFormat("%.4g", number);
}

ReportTable RowsTable(const std::vector<ScoredRow>& rows,
                      const std::vector<std::string>& key_names) {
  const bool with_labels = !rows.empty() && rows.front().label.has_value();
  ReportTable table{.columns = {"row"}};
  table.columns.insert(table.columns.end(), key_names.begin(), key_names.end());
  table.columns.insert(table.columns.end(), {"score", "p-value"});
  if (with_labels) table.columns.emplace_back("label");
  table.columns.insert(table.columns.end(), {"verdict", "largest share", "second", "third"});
  for (const ScoredRow& row : rows) {
    std::vector<std::string> cells = {absl::StrCat(row.index)};
    cells.insert(cells.end(), row.sent.keys.begin(), row.sent.keys.end());
    cells.push_back(Short(row.score));
    cells.push_back(std::isnan(row.p_value) ? Short(row.p_value)
                                            : absl::StrFormat("%.3g", row.p_value));
    if (with_labels) cells.emplace_back(*row.label ? "anomaly" : "normal");
    cells.emplace_back(row.is_anomaly ? "anomaly" : "normal");
    for (const v1::FeatureContribution& part : row.explanation.contributions()) {
      cells.push_back(ContributionText(part, row.sent.ValueOf(0, part), row.score));
    }
    cells.resize(table.columns.size());
    table.rows.push_back(std::move(cells));
  }
  return table;
}

void AddSchema(const v1::VersionInfo& version, ReportPage& page) {
  if (!version.has_schema()) return;
  const std::string marks = MissingMarksText(version.schema());
  page.BeginSection("Columns",
                    absl::StrCat("What the version takes the columns of the training table for.",
                                 marks.empty() ? "" : " ", marks));
  page.Add(ReportTable{.columns = {kSchemaColumns.begin(), kSchemaColumns.end()},
                       .rows = SchemaRows(version.schema())});
}

void AddProvenance(const v1::VersionInfo& version, const std::string& data, const Session& session,
                   ReportPage& page) {
  const Json record = VersionRecord(version);
  ReportTable parameters{.columns = {"hyper-parameter", "value"}};
  AddMembers(record["hyperparameters"], "", parameters);
  AddMembers(record["latent_plan"], "latent plan: ", parameters);
  ReportTable provenance{.columns = {"provenance", "value"}};
  AddMembers(record, "", provenance);
  provenance.rows.insert(
      provenance.rows.end(),
      {{"report: data", data == "-" ? "standard input" : data},
       {"report: server", session.server},
       {"report: time", absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone())},
       {"report: advae", ADVAE_VERSION}});
  page.BeginSection("Hyper-parameters and provenance",
                    "The same rows, hyper-parameters and seed give the same version. The data "
                    "fingerprint is the SHA-256 of the training rows.");
  page.Add(parameters);
  page.Add(provenance);
}

}  // namespace advae
