#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "client/cli/chunk_queue.h"
#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/data_input.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(Features are found by column name, in any order; other columns are ignored.
Files of any size are scored in bounded memory. A row that cannot be judged is
called anomalous and has the status NOT_FINITE: a row with an infinite cell has
the score Infinity, one with an empty or NaN cell the score NaN. Rows are numbered
from 0, training rows as well.

Examples:
  advae score pump --data=today.csv
  advae score pump --data=today.csv --alpha=0.01 --top-features=3 --output=json
  advae score pump --data=today.csv --top-features=3 --nearest-rows=5
  tail -n +1 log.csv | advae score pump --data=- --output=csv >verdicts.csv)";

struct ScoreOptions {
  v1::ScoreRequest settings;
  std::string data;
  std::optional<std::string> label_column;
};

// The contributions to one score: a list of objects in JSON, otherwise one line of text.
Json ContributionsCell(const v1::Explanation& explanation, OutputFormat format) {
  if (format != OutputFormat::kJson) {
    return absl::StrJoin(explanation.contributions(), "; ", [](std::string* out, const auto& c) {
      absl::StrAppendFormat(out, "%s=%.6g (expected %.6g)", c.name(), c.contribution(),
                            c.expected());
    });
  }
  Json list = Json::array();
  for (const v1::FeatureContribution& contribution : explanation.contributions()) {
    list.push_back({{"feature", contribution.name()},
                    {"contribution", contribution.contribution()},
                    {"expected", contribution.expected()}});
  }
  return list;
}

// The training rows nearest to one row: a list of objects in JSON, otherwise one line of text.
Json NearestRowsCell(const v1::NearestRows& nearest, OutputFormat format) {
  Json list = Json::array();
  std::vector<std::string> words;
  for (int i = 0; i < nearest.rows_size(); ++i) {
    list.push_back({{"row", nearest.rows(i)}, {"distance", nearest.distances(i)}});
    words.push_back(absl::StrFormat("%d (%.4g)", nearest.rows(i), nearest.distances(i)));
  }
  return format == OutputFormat::kJson ? list : Json(absl::StrJoin(words, "; "));
}

// Turns responses into records and counts them.
class ResultWriter {
 public:
  // `settings` say what the responses have.
  ResultWriter(Session& session, bool with_labels, const v1::ScoreRequest& settings)
      : streams_(session.streams),
        format_(session.format),
        with_labels_(with_labels),
        with_contributions_(settings.top_features() > 0),
        with_nearest_rows_(settings.nearest_rows() > 0) {
    std::vector<std::string> columns = {"row", "score", "p_value", "is_anomaly", "status"};
    if (with_labels) columns.emplace_back("label");
    if (with_contributions_) columns.emplace_back("contributions");
    if (with_nearest_rows_) columns.emplace_back("nearest_rows");
    records_ = RecordWriter::Create(format_, std::move(columns), streams_.out);
  }

  absl::Status Write(const v1::ScoreResponse& response, const std::vector<bool>& labels) {
    if (with_labels_ && labels.size() != static_cast<size_t>(response.scores_size())) {
      return absl::InternalError(absl::StrCat("the server scored ", response.scores_size(), " of ",
                                              labels.size(), " rows"));
    }
    for (int i = 0; i < response.scores_size(); ++i) {
      const std::string status(
          absl::StripPrefix(v1::RowStatus_Name(response.statuses(i)), "ROW_STATUS_"));
      std::vector<Json> cells = {rows_++, response.scores(i), response.p_values(i),
                                 response.anomalies(i), status};
      if (with_labels_) cells.emplace_back(labels[static_cast<size_t>(i)]);
      if (with_contributions_) {
        cells.push_back(ContributionsCell(response.explanations(i), format_));
      }
      if (with_nearest_rows_) cells.push_back(NearestRowsCell(response.nearest_rows(i), format_));
      records_->Write(cells);
      anomalies_ += response.anomalies(i) ? 1 : 0;
      not_finite_ += response.statuses(i) == v1::ROW_STATUS_NOT_FINITE ? 1 : 0;
    }
    verdict_source_ =
        absl::StrFormat(" (%s version %d, alpha %.6g, threshold %.6g)", response.model(),
                        response.version(), response.alpha(), response.threshold());
    if (!streams_.out.flush()) return absl::DataLossError("cannot write to standard output");
    return absl::OkStatus();
  }

  void Finish() {
    records_->Finish();
    streams_.err << rows_ << (rows_ == 1 ? " row, " : " rows, ") << anomalies_
                 << (anomalies_ == 1 ? " anomaly" : " anomalies");
    if (not_finite_ > 0) streams_.err << ", " << not_finite_ << " of them not finite";
    streams_.err << verdict_source_ << std::endl;
  }

 private:
  CliStreams& streams_;
  OutputFormat format_;
  bool with_labels_;
  bool with_contributions_;
  bool with_nearest_rows_;
  std::unique_ptr<RecordWriter> records_;
  uint64_t rows_ = 0;
  uint64_t anomalies_ = 0;
  uint64_t not_finite_ = 0;
  std::string verdict_source_;  // what the last response was made with
};

absl::Status Score(const ScoreOptions& options, Session& session) {
  v1::ScoreRequest settings = options.settings;
  ADVAE_ASSIGN_OR_RETURN(const v1::VersionInfo version, FindVersion(session.client, settings));
  settings.set_version(version.version());
  ADVAE_ASSIGN_OR_RETURN(DataInput input, DataInput::Open(options.data, session.streams,
                                                          {.label_column = options.label_column,
                                                           .label_optional = true,
                                                           .columns = FeatureNames(version),
                                                           .allow_not_finite = true}));

  const bool with_labels = input.reader().has_labels();
  ChunkQueue<std::vector<bool>> labels;
  ResultWriter writer(session, with_labels, settings);
  ADVAE_RETURN_IF_ERROR(session.client.ScoreStream(
      settings,
      RowsOf(input.reader(), kScoreChunkRows,
             [&](std::vector<bool> chunk) { labels.Push(std::move(chunk)); }),
      [&](const v1::ScoreResponse& response) { return writer.Write(response, labels.Pop()); }));
  writer.Finish();
  return absl::OkStatus();
}

}  // namespace

void AddScoreCommand(CLI::App& app, Action& action) {
  const auto [command, options] =
      AddCommand(app, action, {"score", "Score the rows of a CSV file", kFooter}, Score);
  v1::ScoreRequest& settings = options.settings;
  AddRequestOptions(
      command, settings, "The version to score with (default: the serving one)",
      "Significance of the verdicts, in (0, 1) (default: that of the serving threshold)");
  command.add_option("--data", options.data, "CSV file with rows, or - for standard input")
      ->required();
  command.add_option_function<uint32_t>(
      "--top-features", [&settings](uint32_t count) { settings.set_top_features(count); },
      "Features to name for each row, largest share of the score first (default: none)");
  command.add_option_function<uint32_t>(
      "--nearest-rows", [&settings](uint32_t count) { settings.set_nearest_rows(count); },
      "Nearest training rows to name for each row, up to 20, by their number from 0 in the "
      "training file (default: none)");
  command.add_option("--label-column", options.label_column,
                     "Column of labels to copy into the results");
}

}  // namespace advae
