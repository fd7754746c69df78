#ifndef ADVAE_REPORT_REPORT_PAGE_H_
#define ADVAE_REPORT_REPORT_PAGE_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace advae {

// Rows of text below column names. Numbers are the caller's to format.
struct ReportTable {
  std::vector<std::string> columns = {};
  std::vector<std::vector<std::string>> rows = {};  // one cell a column each
};

using ChartPoint = std::pair<double, double>;  // x, y

// A line through points, ascending in x unless it is a closed form such as a vertical line. A
// single point is drawn as a dot.
struct ChartLine {
  std::string name;
  std::vector<ChartPoint> points;  // finite; a y of NaN interrupts the line
  bool steps = false;              // y changes at once, at each point's x
  bool filled = false;             // down to 0
  bool dashed = false;
  bool dots = false;  // the points alone, without a line
};

// Lines over a numeric x axis.
struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<ChartLine> lines = {};
  // Values of 0 and less are left out.
  bool logarithmic_x = false;
  bool logarithmic_y = false;
  // Bounds of the axes. Unset: those of the data.
  std::optional<double> x_min = std::nullopt;
  std::optional<double> x_max = std::nullopt;
  std::optional<double> y_max = std::nullopt;
  // Small, to stand beside others of its kind.
  bool compact = false;
};

// Bars side by side: one for each series in each group.
struct BarChart {
  std::string title;
  std::string y_label;
  std::vector<std::string> groups = {};
  // A value for each group; unset leaves a gap.
  std::vector<std::pair<std::string, std::vector<std::optional<double>>>> series = {};
};

// A report as one HTML file that loads nothing: tables, and charts that Chart.js draws, whose
// source is in the file. Any text is shown as it is, also one that looks like HTML. Not
// thread-safe.
class ReportPage {
 public:
  // `summary` is a sentence or two below the title.
  ReportPage(const std::string& title, const std::string& summary);

  // What is added from now on stands below this heading. `text` explains it and may be empty.
  void BeginSection(const std::string& heading, const std::string& text = "");
  void Add(const ReportTable& table);
  void Add(const LineChart& chart);
  void Add(const BarChart& chart);

  std::string ToHtml() const;

 private:
  void AddBlock(const char* kind, nlohmann::ordered_json block);

  nlohmann::ordered_json content_;
};

}  // namespace advae

#endif  // ADVAE_REPORT_REPORT_PAGE_H_
