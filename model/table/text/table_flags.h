#ifndef ADVAE_MODEL_TABLE_TEXT_TABLE_FLAGS_H_
#define ADVAE_MODEL_TABLE_TEXT_TABLE_FLAGS_H_

#include <CLI/CLI.hpp>

#include "advae/v1/detector.pb.h"
#include "model/data/data_set.h"

namespace advae {

// The command-line flags for how a table is written, the same in every program: --delimiter,
// --decimal, --quote, --missing, --dates, --header and --no-header, and --skip-bad-lines. They set
// `format` and `max_bad_lines` of `options`, which outlive the parsing.
void AddTableFlags(CLI::App& app, DataSetOptions* options);

// --key, repeatable, with `description` as its help; sets `key_columns`.
void AddKeyFlag(CLI::App& app, DataSetOptions* options, const char* description);

// --normal-label, for labels that are read; sets `normal_labels`.
void AddNormalLabelFlag(CLI::App& app, DataSetOptions* options);

// --ignore, repeatable; sets `ignored_columns`.
void AddIgnoreFlag(CLI::App& app, DataSetOptions* options);

// --column=NAME:KIND, repeatable, and --strict, for trainings on tables; they set `columns` and
// `strict` of `spec`, which outlives the parsing.
void AddColumnFlags(CLI::App& app, v1::TrainSpec* spec);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TEXT_TABLE_FLAGS_H_
