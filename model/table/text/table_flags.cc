#include "model/table/text/table_flags.h"

#include <map>
#include <string>
#include <vector>

namespace advae {
namespace {

// A delimiter or quote as a command line has it: the character, or its name.
char ParseCharacter(const std::string& flag, const std::string& text) {
  static const std::map<std::string, char> kNames = {
      {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'},   {"\\t", '\t'},       {"bar", '|'},
      {"pipe", '|'},  {"space", ' '},     {"double", '"'}, {"apostrophe", '\''}};
  if (const auto named = kNames.find(text); named != kNames.end()) return named->second;
  const bool is_usable = text.size() == 1 && text != "\n" && text != "\r" && text != "." &&
                         text != "-" && text != "+" &&
                         isalnum(static_cast<unsigned char>(text[0])) == 0 &&
                         static_cast<unsigned char>(text[0]) < 0x80;
  if (!is_usable) {
    throw CLI::ValidationError(flag,
                               "expected one character that numbers do not have, or a name "
                               "such as comma, semicolon, tab or bar");
  }
  return text[0];
}

DecimalMark ParseDecimalMark(const std::string& text) {
  if (text == "," || text == "comma") return DecimalMark::kComma;
  if (text == "." || text == "point") return DecimalMark::kPoint;
  throw CLI::ValidationError("--decimal", "expected comma or point");
}

v1::ColumnSetting ParseColumnSetting(const std::string& text) {
  static const std::map<std::string, v1::ColumnKind> kKinds = {
      {"number", v1::COLUMN_KIND_NUMBER},
      {"boolean", v1::COLUMN_KIND_BOOLEAN},
      {"category", v1::COLUMN_KIND_CATEGORY},
      {"time", v1::COLUMN_KIND_TIME}};
  const size_t colon = text.rfind(':');
  const auto kind = kKinds.find(colon == std::string::npos ? "" : text.substr(colon + 1));
  if (kind == kKinds.end() || colon == 0) {
    throw CLI::ValidationError(
        "--column", "expected NAME:KIND with the kind number, boolean, category or time");
  }
  v1::ColumnSetting setting;
  setting.set_name(text.substr(0, colon));
  setting.set_kind(kind->second);
  return setting;
}

}  // namespace

void AddTableFlags(CLI::App& app, DataSetOptions* options) {
  TableFormat& format = options->format;
  app.add_option_function<std::string>(
         "--delimiter",
         [&format](const std::string& text) {
           format.dialect.delimiter = ParseCharacter("--delimiter", text);
         },
         "Delimiter between cells: a character, or comma, semicolon, tab, bar (default: detected)")
      ->type_name("C");
  app.add_option_function<std::string>(
         "--decimal",
         [&format](const std::string& text) { format.decimal_mark = ParseDecimalMark(text); },
         "Decimal mark of numbers: point or comma (default: detected)")
      ->type_name("MARK");
  app.add_option_function<std::string>(
         "--quote",
         [&format](const std::string& text) {
           format.dialect.quote = ParseCharacter("--quote", text);
         },
         "Quote around cells: a character, or double, apostrophe (default: detected)")
      ->type_name("C");
  app.add_option("--missing", format.missing,
                 "Further marks of a missing cell, separated by commas, beside an empty cell, NA, "
                 "N/A, #N/A, <NA>, NaN, NaT, null, none, nil, \\N, ? and -, and beside those that "
                 "the model was trained with")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B");
  app.add_option_function<std::string>(
         "--dates",
         [&format](const std::string& order) {
           format.date_order = order == "day-first" ? DateOrder::kDayFirst : DateOrder::kMonthFirst;
         },
         "Order of dates with the year last: day-first or month-first (default: that of the "
         "model's training rows; in training as a day above 12 among the first rows shows, without "
         "one month-first with slashes, otherwise day-first)")
      ->check(CLI::IsMember({"day-first", "month-first"}))
      ->type_name("ORDER");
  CLI::Option* const header = app.add_flag_callback(
      "--header", [&format] { format.has_header = true; },
      "The first line has the columns' names, even if it is all numbers");
  app.add_flag_callback(
         "--no-header", [&format] { format.has_header = false; },
         "The first line is a row; the columns are called column_1, column_2, ...")
      ->excludes(header);
  app.add_option(
         "--skip-bad-lines", options->max_bad_lines,
         "Number of lines to skip that have a cell that cannot be read or a wrong number of "
         "cells (default: none)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
}

void AddKeyFlag(CLI::App& app, DataSetOptions* options, const char* description) {
  app.add_option("--key", options->key_columns, description)
      ->allow_extra_args(false)
      ->type_name("COLUMN");
}

void AddNormalLabelFlag(CLI::App& app, DataSetOptions* options) {
  app.add_option(
         "--normal-label", options->normal_labels,
         "Labels of normal rows, separated by commas; rows with others are anomalies "
         "(default: 0, false, no, normal, benign; and 1, true, yes, anomaly, attack, fault, "
         "fraud of anomalies)")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B");
}

void AddIgnoreFlag(CLI::App& app, DataSetOptions* options) {
  app.add_option(
         "--ignore", options->ignored_columns,
         "Column to leave out, or a pattern with * and ?, which in the name of a column stand for "
         "themselves; may be given several times")
      ->allow_extra_args(false)
      ->type_name("COLUMN");
}

void AddColumnFlags(CLI::App& app, v1::TrainSpec* spec) {
  app.add_option_function<std::vector<std::string>>(
         "--column",
         [spec](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) *spec->add_columns() = ParseColumnSetting(text);
         },
         "What a column is: number, boolean, category or time; a name that no column has may be a "
         "pattern with * and ?, and of several that fit the last one counts; may be given several "
         "times (default: detected)")
      ->allow_extra_args(false)
      ->type_name("NAME:KIND");
  app.add_flag_callback(
      "--strict", [spec] { spec->set_strict(true); },
      "Do not score rows with a missing cell or an unknown category (default: by the other cells)");
}

}  // namespace advae
