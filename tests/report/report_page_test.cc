#include "report/report_page.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What the page's script reads.
nlohmann::json Content(const std::string& html) {
  const std::string start = "<script type=\"application/json\" id=\"content\">";
  const size_t first = html.find(start) + start.size();
  return nlohmann::json::parse(html.substr(first, html.find("</script>", first) - first));
}

TEST(ReportPage, HasTablesAndChartsInTheirSections) {
  ReportPage page("title", "summary");
  page.BeginSection("first", "text");
  page.Add(ReportTable{.columns = {"a", "b"}, .rows = {{"1", "2"}}});
  page.BeginSection("second");
  page.Add(BarChart{.title = "bars",
                    .y_label = "y",
                    .groups = {"g", "h"},
                    .series = {{"s", {0.5, std::nullopt}}}});
  const nlohmann::json content = Content(page.ToHtml());
  EXPECT_EQ(content["title"], "title");
  EXPECT_EQ(content["summary"], "summary");
  ASSERT_EQ(content["sections"].size(), 2);
  EXPECT_EQ(content["sections"][0]["heading"], "first");
  EXPECT_EQ(content["sections"][0]["text"], "text");
  EXPECT_EQ(content["sections"][0]["blocks"], nlohmann::json::parse(R"([
      {"kind": "table", "columns": ["a", "b"], "rows": [["1", "2"]]}])"));
  EXPECT_EQ(content["sections"][1]["blocks"], nlohmann::json::parse(R"([
      {"kind": "bars", "title": "bars", "yLabel": "y", "groups": ["g", "h"],
       "series": [{"name": "s", "values": [0.5, null]}]}])"));
}

TEST(ReportPage, HasLinesWithInterruptions) {
  ReportPage page("title", "");
  page.Add(LineChart{
      .title = "lines",
      .x_label = "x",
      .y_label = "y",
      .lines = {{.name = "l",
                 .points = {{1, 2}, {2, std::numeric_limits<double>::quiet_NaN()}, {3, 0.1}},
                 .dashed = true}},
      .logarithmic_x = true,
      .x_min = 0.5});
  EXPECT_EQ(Content(page.ToHtml())["sections"][0]["blocks"][0], nlohmann::json::parse(R"(
      {"kind": "lines", "title": "lines", "xLabel": "x", "yLabel": "y", "logarithmicX": true,
       "logarithmicY": false, "xMin": 0.5, "xMax": null, "yMax": null, "compact": false,
       "lines": [{"name": "l", "points": [[1.0, 2.0], [2.0, null], [3.0, 0.1]], "steps": false,
                  "filled": false, "dashed": true, "dots": false}]})"));
}

TEST(ReportPage, ShowsTextThatLooksLikeHtml) {
  const std::string hostile = "</script><script>alert(1)</script><b>&amp;";
  ReportPage page("<b>" + hostile, hostile);
  page.BeginSection(hostile, hostile);
  page.Add(ReportTable{.columns = {hostile}, .rows = {{hostile}}});
  const std::string html = page.ToHtml();
  EXPECT_THAT(html, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(html, HasSubstr("<title>&lt;b&gt;&lt;/script&gt;"));
  const nlohmann::json content = Content(html);
  EXPECT_EQ(content["summary"], hostile);
  EXPECT_EQ(content["sections"][0]["blocks"][0]["rows"][0][0], hostile);
}

TEST(ReportPage, ReplacesBytesThatAreNoUtf8) {
  ReportPage page("title", "\xff");
  EXPECT_EQ(Content(page.ToHtml())["summary"], "\xef\xbf\xbd");
}

TEST(ReportPage, IsOneFileThatLoadsNothing) {
  const std::string html = ReportPage("title", "").ToHtml();
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("Chart.js v"));
  for (const char* loader : {"<link", " src=", "@import", "fetch("}) {
    EXPECT_THAT(html, Not(HasSubstr(loader))) << loader;
  }
  // Chart.js and little else.
  EXPECT_LT(html.size(), 250'000);
}

}  // namespace
}  // namespace advae
