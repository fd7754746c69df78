#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "client/cli/commands/command.h"
#include "client/cli/commands/common_options.h"
#include "client/cli/data_input.h"
#include "client/cli/score_results.h"
#include "model/base/status_macros.h"
#include "model/table/text/table_flags.h"

namespace advae {
namespace {

constexpr char kFooter[] =
    R"(Columns are found by name, in any order, and read as the version knows them; others
are ignored, except its keys, which are copied into the results. Files of any size
are scored in bounded memory, and what comes from a pipe as it arrives. A row with a
missing cell (empty, NA, NaN, null, ?, -), or with a category that training did not
have, is scored by its other cells and has the status INCOMPLETE. A row that cannot
be judged is called anomalous and has the status NOT_FINITE: a row with an infinite
cell has the score Infinity, one with a missing cell for a version that takes none
the score NaN. Results of the rows before a line that cannot be read are written,
then the error. Rows are numbered from 0 as in the file, lines that are skipped
(--skip-bad-lines) included; training rows of --nearest-rows are numbered from 0
as the server took them, without lines that were skipped in the training.

Examples:
  advae score pump --data=today.csv
  advae score pump --data=today.csv --key=timestamp --anomalies-only
  advae score pump --data=today.csv --top-features=3 --nearest-rows=5
  advae score pump --data=today.csv --top=20 --top-features=3 --output=csv
  tail -n +1 -f log.csv | advae score pump --data=- --output=jsonl)";

struct ScoreOptions {
  v1::ScoreRequest settings;
  std::string data;
  std::optional<std::string> label_column;
  DataSetOptions table;
  bool anomalies_only = false;
  std::optional<size_t> top;
};

absl::Status Score(const ScoreOptions& options, Session& session) {
  v1::ScoreRequest settings = options.settings;
  ADVAE_ASSIGN_OR_RETURN(const v1::VersionInfo version, FindVersion(session.client, settings));
  settings.set_version(version.version());
  DataSetOptions table = options.table;
  table.label_column = options.label_column;
  table.label_optional = true;
  ADVAE_ASSIGN_OR_RETURN(DataInput input, DataInput::OpenForScoring(options.data, session.streams,
                                                                    std::move(table), version));

  ScoreResults results(session, {.with_labels = input.has_labels(),
                                 .key_names = input.key_names(),
                                 .explained_features = std::min<size_t>(
                                     settings.top_features(), ExplainableFeatures(version)),
                                 .with_nearest_rows = settings.nearest_rows() > 0,
                                 .anomalies_only = options.anomalies_only,
                                 .top = options.top});
  // Values are shown in explanations alone.
  const bool keep_values = settings.top_features() > 0;
  std::ostringstream messages;
  const absl::Status status = input.Score(
      session.client, settings, keep_values,
      [&](const v1::ScoreResponse& response, const SentRows& rows) {
        return results.Write(response, rows);
      },
      messages);
  results.Finish(status.ok());
  session.streams.err << messages.str() << std::flush;
  return status;
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
      "Features to name for each row, largest share of the score first, with the row's value and "
      "the expected one (default: none)");
  command.add_option_function<uint32_t>(
      "--nearest-rows", [&settings](uint32_t count) { settings.set_nearest_rows(count); },
      "Nearest training rows to name for each row, up to 20, by their number from 0 among the "
      "rows of the training (default: none)");
  command.add_option("--label-column", options.label_column,
                     "Column of labels to copy into the results");
  AddNormalLabelFlag(command, &options.table);
  AddKeyFlag(
      command, &options.table,
      "Column to copy into the results, such as a time or an id; may be given several times");
  command.add_flag("--anomalies-only", options.anomalies_only, "Write only anomalies");
  command
      .add_option("--top", options.top,
                  "Write only the N rows with the highest scores, highest first")
      ->check(CheckPositive, "POSITIVE")
      ->type_name("N");
  AddTableFlags(command, &options.table);
}

}  // namespace advae
