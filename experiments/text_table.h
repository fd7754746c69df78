#ifndef ADVAE_EXPERIMENTS_TEXT_TABLE_H_
#define ADVAE_EXPERIMENTS_TEXT_TABLE_H_

#include <cstddef>
#include <string>

#include "report/report_page.h"

namespace advae {

// The table as aligned lines: the first column to the left, the others to the right. When it is
// wider than `width` characters, its columns are divided among several tables below each other, of
// which each begins with the first column and has at least one other.
std::string ToText(const ReportTable& table, size_t width);

}  // namespace advae

#endif  // ADVAE_EXPERIMENTS_TEXT_TABLE_H_
