#include "report/report_page.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "report/assets.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

// Forbids everything that is not in the file itself.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

std::string EscapedText(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

// JSON within a <script> element: without "<" nothing in it can end the element.
std::string EmbeddedJson(const Json& value) {
  return absl::StrReplaceAll(
      value.dump(/*indent=*/-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace),
      {{"<", "\\u003c"}});
}

Json OrNull(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

ReportPage::ReportPage(const std::string& title, const std::string& summary)
    : content_({{"title", title}, {"summary", summary}, {"sections", Json::array()}}) {}

void ReportPage::BeginSection(const std::string& heading, const std::string& text) {
  content_["sections"].push_back({{"heading", heading}, {"text", text}, {"blocks", Json::array()}});
}

void ReportPage::Add(const ReportTable& table) {
  AddBlock("table", {{"columns", table.columns}, {"rows", table.rows}});
}

void ReportPage::Add(const LineChart& chart) {
  Json lines = Json::array();
  for (const ChartLine& line : chart.lines) {
    lines.push_back({{"name", line.name},
                     {"points", line.points},
                     {"steps", line.steps},
                     {"filled", line.filled},
                     {"dashed", line.dashed},
                     {"dots", line.dots}});
  }
  AddBlock("lines", {{"title", chart.title},
                     {"xLabel", chart.x_label},
                     {"yLabel", chart.y_label},
                     {"logarithmicX", chart.logarithmic_x},
                     {"logarithmicY", chart.logarithmic_y},
                     {"xMin", OrNull(chart.x_min)},
                     {"xMax", OrNull(chart.x_max)},
                     {"yMax", OrNull(chart.y_max)},
                     {"compact", chart.compact},
                     {"lines", std::move(lines)}});
}

void ReportPage::Add(const BarChart& chart) {
  Json series = Json::array();
  for (const auto& [name, values] : chart.series) {
    Json bars = Json::array();
    for (const std::optional<double>& value : values) bars.push_back(OrNull(value));
    series.push_back({{"name", name}, {"values", std::move(bars)}});
  }
  AddBlock("bars", {{"title", chart.title},
                    {"yLabel", chart.y_label},
                    {"groups", chart.groups},
                    {"series", std::move(series)}});
}

void ReportPage::AddBlock(const char* kind, Json block) {
  if (content_["sections"].empty()) BeginSection("");
  block["kind"] = kind;
  content_["sections"].back()["blocks"].push_back(std::move(block));
}

std::string ReportPage::ToHtml() const {
  return absl::StrCat(
      R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content=")",
      kPolicy, R"(">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>)",
      EscapedText(content_["title"].get<std::string>()), "</title>\n<style>\n", kPageStyle,
      "</style>\n</head>\n<body>\n<noscript>This report needs JavaScript.</noscript>\n",
      R"(<main id="report"></main>
<script type="application/json" id="content">)",
      EmbeddedJson(content_), "</script>\n<script>\n", kChartScript, "\n</script>\n<script>\n",
      kPageScript, "</script>\n</body>\n</html>\n");
}

}  // namespace advae
