#include "model/table/table_flags.h"

#include <map>
#include <string>

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

}  // namespace

void AddTableFlags(CLI::App& app, DataSetOptions* options) {
  TableFormat& format = options->format;
  app.add_option_function<std::string>(
         "--delimiter",
         [&format](const std::string& text) {
           format.dialect.delimiter = ParseCharacter("--delimiter", text);
         },
         "What is between cells: a character, or comma, semicolon, tab, bar (default: detected)")
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
         "What encloses cells: a character, or double, apostrophe (default: detected)")
      ->type_name("C");
  app.add_option("--missing", format.missing,
                 "Further marks of a missing cell, separated by commas, beside an empty cell, NA, "
                 "N/A, NaN, NaT, null, none, nil, ? and -")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("A,B");
  CLI::Option* const header = app.add_flag_callback(
      "--header", [&format] { format.has_header = true; },
      "The first line has the columns' names, even if it has numbers alone");
  app.add_flag_callback(
         "--no-header", [&format] { format.has_header = false; },
         "The first line is a row; the columns are called column_1, column_2, ...")
      ->excludes(header);
  app.add_option("--skip-bad-lines", options->max_bad_lines,
                 "Lines that may be passed over because of a cell that cannot be read or a wrong "
                 "number of cells (default: none)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
}

void AddKeyFlag(CLI::App& app, DataSetOptions* options, const char* description) {
  app.add_option("--key", options->key_columns, description)
      ->allow_extra_args(false)
      ->type_name("COLUMN");
}

void AddIgnoreFlag(CLI::App& app, DataSetOptions* options) {
  app.add_option("--ignore", options->ignored_columns,
                 "Column to leave out, or a pattern with * and ?; may be given several times")
      ->allow_extra_args(false)
      ->type_name("COLUMN");
}

}  // namespace advae
