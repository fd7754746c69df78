#include "client/cli/data_input.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/cancellable_input.h"
#include "client/cli/chunk_queue.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

// Rows in one message of a score stream, at most.
constexpr size_t kScoreChunkRows = 1024;
constexpr size_t kAnyRows = std::numeric_limits<size_t>::max();

template <typename Reader>
void ReportNotes(const Reader& reader, std::ostream& messages) {
  for (const std::string& note : reader.notes()) {
    messages << "advae: note: " << reader.source_name() << ": " << note << std::endl;
  }
}

template <typename Reader>
void ReportBadLines(const Reader& reader, std::ostream& messages) {
  const BadLines& bad = reader.bad_lines();
  if (bad.count == 0) return;
  messages << "advae: warning: " << reader.source_name() << ": " << bad.count
           << (bad.count == 1 ? " line was" : " lines were") << " passed over; the first is "
           << bad.first << std::endl;
}

// What is told of a file once it has been read.
void ReportReading(const DataSetReader& reader, std::ostream& messages) {
  ReportBadLines(reader, messages);
}

void ReportReading(const TableReader& reader, std::ostream& messages) {
  ReportBadLines(reader, messages);
  if (reader.thousands_note().empty()) return;
  messages << "advae: note: " << reader.source_name() << ": " << reader.thousands_note()
           << std::endl;
}

// The rows of `reader` for a training or an import.
template <typename Message, typename Reader>
std::function<absl::StatusOr<bool>(Message&)> RowsToTrainOn(Reader& reader,
                                                            std::ostream& messages) {
  ReportNotes(reader, messages);
  return [&, rows = RowsOf(reader, kAnyRows),
          first = true](Message& chunk) mutable -> absl::StatusOr<bool> {
    absl::StatusOr<bool> more = rows(chunk);
    const bool is_first = std::exchange(first, false);
    if (!more.ok() || *more) return more;
    if (is_first) {
      return absl::InvalidArgumentError(
          absl::StrCat(reader.source_name(), ": no row follows the header"));
    }
    ReportReading(reader, messages);
    for (const std::string& name : reader.LabelSuspects()) {
      messages << "advae: warning: column \"" << name
               << "\" is used as a feature, but has the name of a label" << std::endl;
    }
    return false;
  };
}

}  // namespace

absl::StatusOr<DataInput> DataInput::Open(const std::string& path, CliStreams& streams,
                                          DataSetOptions options, const MakeReader& make_reader) {
  std::unique_ptr<std::istream> file;
  options.source_name = "standard input";
  if (path != "-") {
    ADVAE_ASSIGN_OR_RETURN(file, OpenCancellableFile(path, streams.stop));
    options.source_name = path;
  }
  ADVAE_ASSIGN_OR_RETURN(Reader reader,
                         make_reader(file == nullptr ? streams.in : *file, std::move(options)));
  return DataInput(std::move(file), std::move(reader), streams.stop);
}

absl::StatusOr<DataInput> DataInput::OpenNumbers(const std::string& path, CliStreams& streams,
                                                 DataSetOptions options) {
  return Open(path, streams, std::move(options), DataSetReader::Create);
}

absl::StatusOr<DataInput> DataInput::OpenForTraining(const std::string& path, CliStreams& streams,
                                                     DataSetOptions options,
                                                     std::vector<v1::ColumnSetting> settings) {
  return Open(path, streams, std::move(options), [&](std::istream& input, DataSetOptions found) {
    return TableReader::ForTraining(input, std::move(found), std::move(settings));
  });
}

absl::StatusOr<DataInput> DataInput::OpenForScoring(const std::string& path, CliStreams& streams,
                                                    DataSetOptions options,
                                                    const v1::VersionInfo& version) {
  const MakeReader make_reader = [&](std::istream& input,
                                     DataSetOptions found) -> absl::StatusOr<Reader> {
    if (version.has_schema()) {
      return TableReader::ForScoring(input, std::move(found), version.schema());
    }
    for (const v1::Feature& feature : version.features()) found.columns.push_back(feature.name());
    found.allow_not_finite = true;
    return DataSetReader::Create(input, std::move(found));
  };
  ADVAE_ASSIGN_OR_RETURN(DataInput input, Open(path, streams, std::move(options), make_reader));
  std::visit([&](const auto& reader) { ReportNotes(reader, streams.err); }, input.reader_);
  return input;
}

const std::vector<std::string>& DataInput::key_names() const {
  return std::visit(
      [](const auto& reader) -> const auto& { return reader.key_names(); }, reader_);
}

bool DataInput::has_labels() const {
  return std::visit([](const auto& reader) { return reader.has_labels(); }, reader_);
}

const std::vector<v1::ColumnSetting>& DataInput::settings() const {
  return std::get<TableReader>(reader_).settings();
}

v1::DecimalMark DataInput::decimal_mark() const {
  return std::get<TableReader>(reader_).decimal_mark();
}

CallEnded DataInput::call_ended() const {
  return [stop = stop_] { stop->Stop(); };
}

RowSource DataInput::ImportRows(std::ostream& messages) {
  return RowsToTrainOn<v1::Matrix>(std::get<DataSetReader>(reader_), messages);
}

TableSource DataInput::TrainingRows(std::ostream& messages) {
  return RowsToTrainOn<v1::Table>(std::get<TableReader>(reader_), messages);
}

absl::Status DataInput::Score(Client& client, const v1::ScoreRequest& settings, bool keep_values,
                              const std::function<absl::Status(const v1::ScoreResponse& response,
                                                               const SentRows& rows)>& sink,
                              std::ostream& messages) {
  ChunkQueue<SentRows> sent;
  const absl::Status status = std::visit(
      [&](auto& reader) {
        return client.ScoreStream(
            settings,
            RowsOf(reader, kScoreChunkRows,
                   [&](auto data) { sent.Push(SentRows::Of(std::move(data), keep_values)); }),
            [&](const v1::ScoreResponse& response) -> absl::Status {
              const SentRows rows = sent.Pop();
              if (rows.row_numbers.size() == static_cast<size_t>(response.scores_size())) {
                return sink(response, rows);
              }
              return absl::InternalError(absl::StrCat("the server scored ", response.scores_size(),
                                                      " of ", rows.row_numbers.size(), " rows"));
            },
            call_ended());
      },
      reader_);
  std::visit([&](const auto& reader) { ReportReading(reader, messages); }, reader_);
  return status;
}

absl::StatusOr<v1::VersionInfo> FindVersion(Client& client, const v1::ScoreRequest& settings) {
  const std::string& model = settings.model();
  ADVAE_ASSIGN_OR_RETURN(const v1::GetModelResponse response, client.GetModel(model));
  const uint64_t wanted =
      settings.has_version() ? settings.version() : response.summary().serving_version();
  for (const v1::VersionInfo& info : response.versions()) {
    if (info.version() == wanted) return info;
  }
  return absl::NotFoundError(absl::StrCat("model \"", model, "\" has no version ", wanted,
                                          "; its versions are ",
                                          absl::StrJoin(response.summary().versions(), ", ")));
}

size_t ExplainableFeatures(const v1::VersionInfo& version) {
  if (!version.has_schema()) return static_cast<size_t>(version.features_size());
  return static_cast<size_t>(
      std::ranges::count(version.schema().columns(), v1::COLUMN_ROLE_FEATURE,
                         [](const v1::ColumnSchema& column) { return column.role(); }));
}

}  // namespace advae
