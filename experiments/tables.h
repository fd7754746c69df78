#ifndef ADVAE_EXPERIMENTS_TABLES_H_
#define ADVAE_EXPERIMENTS_TABLES_H_

#include <string>
#include <vector>

#include "experiments/results.h"
#include "report/report_page.h"

namespace advae {

struct TitledTable {
  std::string title;
  ReportTable table;
};

// The results of RunExperiment as tables, one for each measure, with the detectors as rows and the
// sets and their mean as columns. Cells are "mean ± standard deviation"; what was not measured, and
// the mean of a detector that lacks a set, are "-".
std::vector<TitledTable> ResultTables(const Json& results);

// Names of the detectors in `results`, in order of first appearance.
std::vector<std::string> DetectorsOf(const Json& results);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_TABLES_H_
