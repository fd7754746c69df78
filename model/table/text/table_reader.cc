#include "model/table/text/table_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/decimal_text.h"
#include "model/base/status_macros.h"
#include "model/base/utf8.h"

namespace advae {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
// Servers take 65,536 texts in a message.
constexpr size_t kChunkTexts = 32768;

TableLinesOptions LinesOf(const DataSetOptions& options) {
  return {.roles = {.label = options.label_column,
                    .label_optional = options.label_optional,
                    .keys = options.key_columns,
                    .ignored = options.ignored_columns},
          .format = options.format,
          .source_name = options.source_name,
          .max_bad_lines = options.max_bad_lines};
}

std::optional<ValueType> TypeOf(v1::ColumnKind kind) {
  switch (kind) {
    case v1::COLUMN_KIND_NUMBER:
      return ValueType::kDoubles;
    case v1::COLUMN_KIND_BOOLEAN:
      return ValueType::kBools;
    case v1::COLUMN_KIND_CATEGORY:
      return ValueType::kStrings;
    case v1::COLUMN_KIND_TIME:
      return ValueType::kTimes;
    default:
      return std::nullopt;
  }
}

v1::ColumnSetting RoleSetting(std::string name, v1::ColumnRole role) {
  v1::ColumnSetting setting;
  setting.set_name(std::move(name));
  setting.set_role(role);
  return setting;
}

std::vector<std::string> NamesOf(const std::vector<v1::ColumnSetting>& settings) {
  std::vector<std::string> names;
  names.reserve(settings.size());
  for (const v1::ColumnSetting& setting : settings) names.push_back(setting.name());
  return names;
}

std::string NameOf(std::string_view header) { return std::string(WithoutBlanks(header)); }

std::optional<DecimalMark> MarkOf(v1::DecimalMark mark) {
  switch (mark) {
    case v1::DECIMAL_MARK_POINT:
      return DecimalMark::kPoint;
    case v1::DECIMAL_MARK_COMMA:
      return DecimalMark::kComma;
    default:
      return std::nullopt;
  }
}

v1::DateOrder MessageOf(DateOrder order) {
  return order == DateOrder::kDayFirst ? v1::DATE_ORDER_DAY_FIRST : v1::DATE_ORDER_MONTH_FIRST;
}

DateOrder OtherOrder(DateOrder order) {
  return order == DateOrder::kDayFirst ? DateOrder::kMonthFirst : DateOrder::kDayFirst;
}

// "the day first".
std::string_view NameOf(DateOrder order) {
  return order == DateOrder::kDayFirst ? "the day first" : "the month first";
}

// As the command line has it.
std::string_view FlagOf(DateOrder order) {
  return order == DateOrder::kDayFirst ? "--dates=day-first" : "--dates=month-first";
}

std::string_view Expectation(ValueType type) {
  switch (type) {
    case ValueType::kBools:
      return "is neither true nor false";
    default:
      return "is not a number";
  }
}

// Whether a number has more marks between its digits than a decimal one. A single mark that
// separates thousands is told of with its column.
bool HasSeparators(std::string_view cell) {
  constexpr std::string_view kDigits = "0123456789";
  const size_t first = std::min(cell.find_first_of(kDigits), cell.size());
  const std::string_view digits = cell.substr(first, cell.find_last_of(kDigits) - first);
  const auto is_decimal = [](char c) { return c == '.' || c == ','; };
  const auto is_other = [](char c) {
    return c == ' ' || c == '\'' || static_cast<unsigned char>(c) >= 0x80;
  };
  return std::ranges::any_of(digits, is_other) || std::ranges::count_if(digits, is_decimal) > 1;
}

bool IsFinite32(double number) {
  return std::abs(number) <= std::numeric_limits<float>::max() || std::isnan(number);
}

}  // namespace

TableReader::TableReader(TableLines lines, const DataSetOptions& options)
    : lines_(std::move(lines)),
      date_order_(options.format.date_order),
      is_mark_told_(options.format.decimal_mark.has_value()),
      notes_(lines_.notes()),
      normal_labels_(options.normal_labels) {
  if (!options.skip_labels) label_ = lines_.selection().label;
}

absl::StatusOr<TableReader> TableReader::ForTraining(std::istream& input, DataSetOptions options,
                                                     std::vector<v1::ColumnSetting> settings) {
  options.skip_labels = true;
  ADVAE_ASSIGN_OR_RETURN(TableLines lines, TableLines::Create(input, LinesOf(options)));
  TableReader reader(std::move(lines), options);
  reader.is_training_ = true;
  reader.settings_ = std::move(settings);
  absl::Status status = reader.ChooseTrainingColumns();
  if (!status.ok()) return reader.lines_.WithSource(status);
  if (options.refuse_label_feature) {
    std::vector<std::string> names;
    for (const SentColumn& column : reader.columns_) {
      names.push_back(column.may_be_label ? column.values.name() : "");
    }
    reader.label_check_.emplace(names);
  }
  return reader;
}

absl::StatusOr<TableReader> TableReader::ForScoring(std::istream& input,
                                                    const DataSetOptions& options,
                                                    const v1::TableSchema& schema) {
  TableLinesOptions line_options = LinesOf(options);
  std::vector<std::string>& missing = line_options.format.missing;
  missing.insert(missing.end(), schema.missing_marks().begin(), schema.missing_marks().end());
  std::vector<std::string> own_keys;
  std::vector<ValueType> types;
  std::vector<TimeParser> times;
  for (const v1::ColumnSchema& column : schema.columns()) {
    line_options.roles.known_columns.push_back(column.name());
    if (column.role() == v1::COLUMN_ROLE_KEY) {
      own_keys.push_back(column.name());
    }
    const std::optional<ValueType> type = TypeOf(column.kind());
    if (column.role() != v1::COLUMN_ROLE_FEATURE || !type) continue;
    line_options.roles.features.push_back(column.name());
    types.push_back(*type);
    const TimeParser parser(column.time());
    times.emplace_back(options.format.date_order ? options.format.date_order : parser.order(),
                       parser.needs_date());
  }
  line_options.roles.optional_keys = own_keys;
  line_options.format.usual_mark = MarkOf(schema.decimal_mark());
  ADVAE_ASSIGN_OR_RETURN(TableLines lines, TableLines::Create(input, std::move(line_options)));
  TableReader reader(std::move(lines), options);
  const ColumnSelection& selection = reader.lines_.selection();
  for (size_t i = 0; i < types.size(); ++i) {
    reader.columns_.push_back({.index = selection.features[i],
                               .values = TextColumn(selection.feature_names[i], types[i])});
    reader.columns_.back().values.SetTimes(times[i]);
    if (types[i] == ValueType::kTimes && !times[i].order()) reader.needs_date_orders_ = true;
  }
  reader.keys_ = selection.keys;
  reader.key_names_ = selection.key_names;
  // The version's own keys go with the rows, so that the server can name odd ones.
  for (size_t i = 0; i < selection.keys.size(); ++i) {
    if (std::ranges::count(own_keys, selection.key_names[i]) == 0) continue;
    reader.columns_.push_back({.index = selection.keys[i],
                               .values = TextColumn(selection.key_names[i], ValueType::kStrings,
                                                    /*is_key=*/true)});
  }
  return reader;
}

absl::Status TableReader::ChooseTrainingColumns() {
  const ColumnSelection& selection = lines_.selection();
  std::vector<size_t> indices = selection.features;
  indices.insert(indices.end(), selection.keys.begin(), selection.keys.end());
  if (selection.label) indices.push_back(*selection.label);
  std::ranges::sort(indices);
  indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
  for (const size_t index : selection.keys) {
    settings_.push_back(RoleSetting(NameOf(lines_.header()[index]), v1::COLUMN_ROLE_KEY));
  }
  if (selection.label) {
    settings_.push_back(
        RoleSetting(NameOf(lines_.header()[*selection.label]), v1::COLUMN_ROLE_LABEL));
  }
  ADVAE_ASSIGN_OR_RETURN(const std::vector<CellFormat> formats, TrainingFormats(indices));
  for (size_t i = 0; i < indices.size(); ++i) {
    const bool is_feature = std::ranges::count(selection.features, indices[i]) > 0;
    const bool is_key = formats[i].setting.role() == v1::COLUMN_ROLE_KEY;
    columns_.push_back(
        {.index = indices[i],
         .values = TextColumn(NameOf(lines_.header()[indices[i]]), formats[i].type, is_key),
         .may_be_label = is_feature && IsLabelName(lines_.header()[indices[i]])});
    if (formats[i].type == ValueType::kTimes) SetTrainingDates(formats[i], columns_.back().values);
  }
  return absl::OkStatus();
}

void TableReader::SetTrainingDates(const CellFormat& format, TextColumn& column) {
  const std::optional<DateOrder> order = date_order_ ? date_order_ : format.dates.order();
  column.SetTimes(TimeParser(order, format.dates.have_dates()));
  // Of values without such dates, there is nothing to tell.
  if (!order || (!format.dates.order() && format.has_values)) return;
  v1::ColumnSetting setting = format.setting;
  setting.set_name(column.name());
  setting.set_date_order(MessageOf(*order));
  settings_.push_back(std::move(setting));
  if (date_order_ || !format.dates.is_guess()) return;
  notes_.push_back(absl::StrCat("no date of column ", Quoted(column.name()),
                                " shows whether the day or the month comes first; they are read "
                                "with ",
                                std::string(NameOf(*order)), ", ",
                                std::string(FlagOf(OtherOrder(*order))), " changes that"));
}

absl::StatusOr<std::vector<TableReader::CellFormat>> TableReader::TrainingFormats(
    const std::vector<size_t>& indices) {
  std::vector<std::optional<ValueType>> set(indices.size());
  std::vector<CellFormat> formats(indices.size());
  const std::vector<std::vector<size_t>> fitting = FindColumns(lines_.header(), NamesOf(settings_));
  for (size_t s = 0; s < settings_.size(); ++s) {
    const v1::ColumnSetting& setting = settings_[s];
    bool is_used = false;
    for (const size_t index : fitting[s]) {
      const auto found = std::ranges::lower_bound(indices, index);
      if (found == indices.end() || *found != index) continue;
      const auto i = static_cast<size_t>(found - indices.begin());
      is_used = true;
      const bool has_role =
          setting.role() == v1::COLUMN_ROLE_KEY || setting.role() == v1::COLUMN_ROLE_LABEL;
      set[i] = has_role ? ValueType::kStrings : TypeOf(setting.kind());
      formats[i].setting = setting;
    }
    if (is_used) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("no column fits --column=", Quoted(setting.name()), "; the columns are ",
                     QuotedList(lines_.header())));
  }
  ReadSample(/*waits=*/true);
  const auto for_each_cell = [&](const auto& visit) {
    for (const TableLine& line : sample_) {
      if (!lines_.CheckWidth(line).ok()) continue;
      for (size_t i = 0; i < indices.size(); ++i) {
        if (set[i] != ValueType::kStrings && set[i] != ValueType::kBools) {
          visit(i, line.cells[indices[i]]);
        }
      }
    }
  };
  // The decimal mark first: the cells before the one that shows it are read with it.
  for_each_cell([&](size_t i, const std::string& cell) {
    if (set[i] != ValueType::kTimes) formats[i].numbers.Add(cell, lines_.numbers());
  });
  const bool is_shown = FindDecimalMark(formats);
  std::vector<TypeDetector> detectors(indices.size());
  for_each_cell(
      [&](size_t i, const std::string& cell) { detectors[i].Add(cell, lines_.numbers()); });
  for (size_t i = 0; i < indices.size(); ++i) {
    formats[i].type = set[i].value_or(detectors[i].type());
    formats[i].dates = detectors[i].dates();
    formats[i].has_values = detectors[i].has_values();
    if (formats[i].type == ValueType::kDoubles) {
      CheckNumbers(formats[i].numbers, is_shown, NameOf(lines_.header()[indices[i]]));
    }
    const bool may_have_values_later = sample_.size() >= kSampleRows;
    if (set[i] || detectors[i].has_values() || !may_have_values_later) continue;
    const std::string name = Quoted(NameOf(lines_.header()[indices[i]]));
    notes_.push_back(absl::StrCat("column ", name, " has no value in the first ", kSampleRows,
                                  " rows, and is read as texts; if it is not, say --column=", name,
                                  ":KIND"));
  }
  return formats;
}

bool TableReader::FindDecimalMark(const std::vector<CellFormat>& formats) {
  if (is_mark_told_) return true;
  size_t points = 0;
  size_t commas = 0;
  for (const CellFormat& format : formats) {
    points += format.numbers.Shown(DecimalMark::kPoint);
    commas += format.numbers.Shown(DecimalMark::kComma);
  }
  if (points + commas == 0) return false;
  lines_.numbers().SetDecimalMark(commas > points ? DecimalMark::kComma : DecimalMark::kPoint);
  return true;
}

void TableReader::CheckNumbers(const NumberStyle& style, bool is_shown, std::string_view column) {
  const std::optional<DecimalMark> mark = lines_.numbers().decimal_mark();
  if (is_mark_told_ || !mark) return;
  const bool has_comma = mark == DecimalMark::kComma;
  const std::string_view thousands =
      style.Ambiguous(has_comma ? DecimalMark::kPoint : DecimalMark::kComma);
  const std::string_view decimal = style.Ambiguous(*mark);
  const std::string start = absl::StrCat("column ", Quoted(column), ": numbers such as ");
  if (!thousands.empty()) {
    notes_.push_back(absl::StrCat(
        start, Quoted(thousands),
        " are read as whole ones, with a thousands separator, because the decimal mark of the "
        "file is the ",
        has_comma ? "comma" : "point", "; --decimal=", has_comma ? "point" : "comma",
        " changes that"));
  } else if (!decimal.empty() && !is_shown && lines_.dialect().delimiter == ';') {
    notes_.push_back(absl::StrCat(
        start, Quoted(decimal), " are read with a decimal ", has_comma ? "comma" : "point",
        ", which could separate thousands; --decimal=", has_comma ? "point" : "comma",
        " changes that"));
  }
}

v1::DecimalMark TableReader::decimal_mark() const {
  const std::optional<DecimalMark> mark = lines_.numbers().decimal_mark();
  if (!mark) return v1::DECIMAL_MARK_UNSPECIFIED;
  return *mark == DecimalMark::kPoint ? v1::DECIMAL_MARK_POINT : v1::DECIMAL_MARK_COMMA;
}

void TableReader::ReadSample(bool waits) {
  size_t bytes = 0;
  while (sample_.size() < kSampleRows && bytes < kSampleBytes) {
    if (!waits && !sample_.empty() && !lines_.IsReady()) return;
    TableLine line;
    const absl::StatusOr<bool> found = lines_.Next(line);
    // The rows before the error come first.
    if (!found.ok()) failure_ = lines_.WithSource(found.status());
    if (!found.ok() || !*found) return;
    for (const std::string& cell : line.cells) bytes += sizeof(std::string) + cell.size();
    sample_.push_back(std::move(line));
  }
}

void TableReader::FindDateOrders() {
  ReadSample(/*waits=*/false);
  for (SentColumn& column : columns_) {
    const TimeParser& times = column.values.times();
    if (column.values.type() != ValueType::kTimes || times.order()) continue;
    DateOrderFinder finder;
    for (const TableLine& line : sample_) {
      if (lines_.CheckWidth(line).ok()) finder.Add(line.cells[column.index]);
    }
    column.values.SetTimes(TimeParser(finder.order(), times.needs_date()));
  }
}

absl::StatusOr<TableRows> TableReader::ReadChunk(size_t max_rows) {
  if (std::exchange(needs_date_orders_, false)) FindDateOrders();
  TableRows chunk;
  if (failure_.ok() || !sample_.empty()) {
    const absl::StatusOr<bool> more = ReadRows(max_rows, chunk);
    absl::Status status = more.status();
    if (label_check_ && failure_.ok() && more.ok() && !*more) status = label_check_->Verdict();
    if (!status.ok()) {
      failure_ = lines_.WithSource(status);
      sample_.clear();
    }
  }
  if (chunk.row_numbers.empty()) {
    if (!failure_.ok()) return failure_;
    return chunk;
  }
  chunk.table.set_rows(static_cast<uint32_t>(chunk.row_numbers.size()));
  for (SentColumn& column : columns_) *chunk.table.add_columns() = column.values.Take();
  chunk_bytes_ = 0;
  return chunk;
}

absl::StatusOr<bool> TableReader::NextLine() {
  if (sample_.empty()) {
    if (!failure_.ok()) return false;
    return lines_.Next(line_);
  }
  line_ = std::move(sample_.front());
  sample_.pop_front();
  return true;
}

absl::StatusOr<bool> TableReader::ReadRows(size_t max_rows, TableRows& chunk) {
  while (!IsFull(chunk, max_rows)) {
    if (!chunk.row_numbers.empty() && sample_.empty() && !lines_.IsReady()) return true;
    ADVAE_ASSIGN_OR_RETURN(const bool found, NextLine());
    if (!found) return false;
    const absl::Status status = AppendRow(chunk);
    if (!status.ok()) ADVAE_RETURN_IF_ERROR(lines_.PassOver(status));
  }
  return true;
}

bool TableReader::IsFull(const TableRows& chunk, size_t max_rows) const {
  if (chunk.row_numbers.size() >= max_rows || chunk_bytes_ >= kChunkBytes) return true;
  size_t texts = 0;
  for (const SentColumn& column : columns_) texts += column.values.dictionary_size();
  return texts >= kChunkTexts;
}

absl::Status TableReader::AppendRow(TableRows& chunk) {
  if (absl::Status status = ParseRow(); !status.ok()) {
    for (SentColumn& column : columns_) {
      if (column.values.rows() > chunk.row_numbers.size()) column.values.RemoveLast();
    }
    return status;
  }
  for (const SentColumn& column : columns_) {
    const bool is_text = column.values.type() == ValueType::kStrings;
    chunk_bytes_ += sizeof(double) + (is_text ? line_.cells[column.index].size() : 0);
  }
  if (label_) chunk.labels.push_back(row_label_);
  for (const size_t index : keys_) chunk.keys.push_back(Utf8Of(line_.cells[index]));
  chunk.row_numbers.push_back(line_.number);
  return absl::OkStatus();
}

absl::Status TableReader::ParseRow() {
  ADVAE_RETURN_IF_ERROR(lines_.CheckWidth(line_));
  for (SentColumn& column : columns_) ADVAE_RETURN_IF_ERROR(ParseCell(column));
  if (label_) {
    const std::optional<bool> label =
        ParseLabel(line_.cells[*label_], normal_labels_, lines_.numbers());
    if (!label) return lines_.CellError(line_, *label_, kNotALabel);
    row_label_ = *label;
  }
  if (label_check_) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].may_be_label) NoteLabelValue(i);
    }
  }
  return absl::OkStatus();
}

absl::Status TableReader::ParseCell(SentColumn& column) {
  const std::string& cell = line_.cells[column.index];
  if (!column.values.Add(cell, lines_.numbers())) return TypeError(column);
  if (thousands_note_.empty() && column.values.type() == ValueType::kDoubles) NoteThousands(column);
  if (is_training_ && column.values.type() == ValueType::kDoubles &&
      !IsFinite32(column.values.last_number())) {
    return lines_.CellError(
        line_, column.index,
        absl::StrCat("is not a finite 32-bit number", std::string(DescribeNotFinite(cell))));
  }
  return absl::OkStatus();
}

void TableReader::NoteThousands(const SentColumn& column) {
  const std::string& cell = line_.cells[column.index];
  if (std::isnan(column.values.last_number()) || !HasSeparators(cell)) return;
  const std::string as_read = absl::StrCat("is read as ", column.values.last_number(),
                                           ", with separators between its thousands");
  thousands_note_ = std::string(lines_.CellError(line_, column.index, as_read).message());
}

absl::Status TableReader::TypeError(const SentColumn& column) {
  const std::string& cell = line_.cells[column.index];
  const bool is_time = column.values.type() == ValueType::kTimes;
  const TimeParser& times = column.values.times();
  std::string problem =
      is_time ? times.Describe(cell) : std::string(Expectation(column.values.type()));
  if (is_time && times.HasOtherOrder(cell)) {
    absl::StrAppend(&problem, "; ", std::string(FlagOf(OtherOrder(*times.order()))),
                    " changes the order for all of them");
    return lines_.CellError(line_, column.index, problem);
  }
  const std::string description =
      column.values.type() == ValueType::kDoubles ? lines_.numbers().Describe(cell) : "";
  if (!description.empty()) absl::StrAppend(&problem, " (", description, ")");
  if (is_training_) {
    const std::string name = Quoted(lines_.header()[column.index]);
    absl::StrAppend(&problem,
                    ", as others of the column; take it for categories with --column=", name,
                    ":category, or leave it out with --ignore=", name);
    if (description.empty()) {
      absl::StrAppend(&problem, "; if it marks a missing value, say --missing=", Quoted(cell));
    }
  }
  return lines_.CellError(line_, column.index, problem);
}

void TableReader::NoteLabelValue(size_t column) {
  const TextColumn& values = columns_[column].values;
  const std::string& cell = line_.cells[columns_[column].index];
  if (lines_.numbers().IsMissing(cell)) return;
  if (values.type() == ValueType::kDoubles) {
    label_check_->Add(column, DecimalText(values.last_number()));
  } else {
    label_check_->Add(column, WithoutBlanks(cell));
  }
}

}  // namespace advae
