#include "client/cli/commands/common_options.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "model/table/text/table_flags.h"

namespace advae {

void AddModel(CLI::App& command, std::string& name) {
  command.add_option("name", name, "The model")->required();
}

void AddModelVersion(CLI::App& command, std::string& name, uint64_t& version) {
  AddModel(command, name);
  command.add_option("version", version, "The version")->required();
}

DataSetOptions TrainingData::ReadOptions() const {
  DataSetOptions options = table;
  options.label_column = label_column;
  options.skip_labels = true;
  options.refuse_label_feature = !label_column && !no_label;
  return options;
}

std::string CheckPositive(const std::string& number) {
  double value = 0;
  if (absl::SimpleAtod(number, &value) && value > 0) return "";
  return absl::StrCat(number, " is not a number above 0");
}

void AddTrainingData(CLI::App& command, std::string& model, TrainingData& data) {
  command.add_option("name", model, "The model; it is created when it is new")->required();
  command.add_option("--data", data.path, "CSV file with training rows, or - for standard input")
      ->required();
  CLI::Option* const label =
      command.add_option("--label-column", data.label_column,
                         "Column of labels, which is left out; its values are not checked");
  command
      .add_flag("--no-label", data.no_label,
                "Train on every column, even one that looks like a label (refused otherwise)")
      ->excludes(label);
  AddKeyFlag(command, &data.table,
             "Column that identifies rows, which is left out; may be given several times");
  AddIgnoreFlag(command, &data.table);
  AddTableFlags(command, &data.table);
}

}  // namespace advae
