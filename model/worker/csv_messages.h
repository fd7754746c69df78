#ifndef ADVAE_MODEL_WORKER_CSV_MESSAGES_H_
#define ADVAE_MODEL_WORKER_CSV_MESSAGES_H_

#include <ostream>
#include <string>

#include "model/data/table_lines.h"

namespace advae {

// Tells on `messages` how a CSV file is read, if not as an ordinary one. `Reader` is DataSetReader
// or TableReader.
template <typename Reader>
void ReportNotes(const Reader& reader, std::ostream& messages) {
  for (const std::string& note : reader.notes()) {
    messages << "note: " << reader.source_name() << ": " << note << std::endl;
  }
}

// Tells which lines were passed over.
template <typename Reader>
void ReportBadLines(const Reader& reader, std::ostream& messages) {
  const BadLines& bad = reader.bad_lines();
  if (bad.count == 0) return;
  messages << "warning: " << reader.source_name() << ": lines passed over: " << bad.count
           << "; the first: " << bad.first << std::endl;
}

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_CSV_MESSAGES_H_
