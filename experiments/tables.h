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

// All tables have the sets as rows and the detectors as columns. What was not measured, and the
// mean of a detector that lacks a set, are "-". With contamination, the share that a set reached
// stands beside its name.

// One table for each measure, with the mean of the sets as the last row. Cells are "mean ± standard
// deviation", where the seeds differ.
std::vector<TitledTable> MeasureTables(const ExperimentResults& results);

// For each promised significance, how many of the sets that can tell have their alarms within the
// 99 % band, as "19 of 21"; with several seeds of a set, the share of them counts.
TitledTable PromiseTable(const ExperimentResults& results);

// What one wants to see first: the average precision on each set and its mean, the promises that
// are kept, and the mean cost.
ReportTable OverviewTable(const ExperimentResults& results);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_TABLES_H_
