#include "experiments/data_folder.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "model/base/status_macros.h"
#include "model/data/data_set.h"

namespace advae {
namespace {

constexpr absl::string_view kTrainSuffix = ".train.csv";
constexpr char kLabelColumn[] = "label";
constexpr char kLayout[] =
    R"(Lay out your own data as two CSV files for each data set, with a header line and numbers below it:
  NAME.train.csv  mostly normal rows, the more the better; labels are not used
  NAME.test.csv   other rows with the same columns, and a column `label`: 1 for an anomaly, 0 for a
                  normal row
The paper trains on 80 % of the normal rows and tests on the others and all anomalies.)";

absl::Status NoDataSets(const std::filesystem::path& folder, absl::string_view problem) {
  return absl::NotFoundError(absl::StrCat(folder.string(), " ", problem, ".\n", kLayout));
}

absl::StatusOr<std::vector<DataSetFiles>> ListDataSets(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) return NoDataSets(folder, absl::StrCat("cannot be read: ", error.message()));
  std::vector<DataSetFiles> sets;
  for (const std::filesystem::directory_entry& entry : entries) {
    std::string name = entry.path().filename().string();
    if (!absl::EndsWith(name, kTrainSuffix)) continue;
    name.resize(name.size() - kTrainSuffix.size());
    const std::filesystem::path test = folder / (name + ".test.csv");
    if (name.empty() || !std::filesystem::is_regular_file(test, error)) continue;
    sets.push_back({.name = std::move(name), .train = entry.path(), .test = test});
  }
  if (sets.empty()) return NoDataSets(folder, "has no data sets");
  std::ranges::sort(sets, {}, &DataSetFiles::name);
  return sets;
}

}  // namespace

absl::StatusOr<std::vector<DataSetFiles>> FindDataSets(const std::filesystem::path& folder,
                                                       const std::vector<std::string>& names) {
  absl::StatusOr<std::vector<DataSetFiles>> sets = ListDataSets(folder);
  if (!sets.ok() || names.empty()) return sets;
  for (const std::string& name : names) {
    if (std::ranges::count(*sets, name, &DataSetFiles::name) == 0) {
      return absl::NotFoundError(
          absl::StrCat(folder.string(), " has no data set \"", name, "\"; its data sets are ",
                       absl::StrJoin(*sets, ", ", [](std::string* out, const DataSetFiles& files) {
                         out->append(files.name);
                       })));
    }
  }
  std::erase_if(
      *sets, [&](const DataSetFiles& files) { return std::ranges::count(names, files.name) == 0; });
  return sets;
}

absl::StatusOr<ExperimentData> LoadDataSet(const DataSetFiles& files) {
  ADVAE_ASSIGN_OR_RETURN(
      DataSet train,
      ReadDataSet(files.train.string(), {.label_column = kLabelColumn, .label_optional = true}));
  ADVAE_ASSIGN_OR_RETURN(
      DataSet test, ReadDataSet(files.test.string(), {.label_column = kLabelColumn,
                                                      .columns = std::move(train.feature_names)}));
  if (train.rows.rows() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.train.string(), ": expected at least two training rows"));
  }
  const auto anomalies = std::count(test.labels.begin(), test.labels.end(), true);
  if (anomalies == 0 || static_cast<size_t>(anomalies) == test.labels.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(files.test.string(), ": ", anomalies, " of ", test.labels.size(),
                     " rows are anomalies by their labels; expected at least one anomaly and one "
                     "normal row"));
  }
  return ExperimentData{.train = std::move(train.rows),
                        .test = std::move(test.rows),
                        .labels = std::move(test.labels)};
}

}  // namespace advae
