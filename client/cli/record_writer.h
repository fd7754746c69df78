#ifndef ADVAE_CLIENT_CLI_RECORD_WRITER_H_
#define ADVAE_CLIENT_CLI_RECORD_WRITER_H_

#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace advae {

enum class OutputFormat { kTable, kJson, kJsonLines, kCsv };

// Whether records keep lists and objects as they are.
inline bool IsJson(OutputFormat format) {
  return format == OutputFormat::kJson || format == OutputFormat::kJsonLines;
}

// Keeps the order in which members are added. Doubles are written so that they read back as the
// same double; those that are not finite, for which JSON has no numbers, as FiniteOrWord has it.
using Json = nlohmann::ordered_json;

// One line of compact JSON. Bytes that are no UTF-8 are replaced.
std::string JsonText(const Json& value);

// The number, or where it is not finite the string "Infinity", "-Infinity" or "NaN", as the JSON of
// protocol buffers has it.
Json FiniteOrWord(double number);

// Writes a list of records with the same fields, one by one, so that a list may be of any length.
// Not thread-safe.
class RecordWriter {
 public:
  // JSON: one array of objects. JSON lines: an object a line. CSV: a header line, then a line a
  // record; null is an empty cell, lists are JSON, and text that a spreadsheet would take for a
  // formula begins with an apostrophe. Table: aligned columns, as wide as the first records need.
  // `out` outlives the writer.
  static std::unique_ptr<RecordWriter> Create(OutputFormat format, std::vector<std::string> columns,
                                              std::ostream& out);

  virtual ~RecordWriter() = default;

  // `cells` has one value a column.
  virtual void Write(const std::vector<Json>& cells) = 0;
  // Writes what was held back to measure it.
  virtual void Flush() = 0;
  // Call once after the last record: without it the output is recognisably incomplete.
  virtual void Finish() = 0;
};

// Writes one object. JSON: indented, as a JSON line: one line. CSV and table: members of objects
// within it get names such as `outer.inner`; CSV is a header line and one line, a table one line a
// member, and one for each text of a list of texts.
void WriteObject(OutputFormat format, const Json& object, std::ostream& out);

}  // namespace advae

#endif  // ADVAE_CLIENT_CLI_RECORD_WRITER_H_
