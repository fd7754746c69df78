#include "client/cli/record_writer.h"

#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string WriteRecords(OutputFormat format, const std::vector<std::string>& columns,
                         const std::vector<std::vector<Json>>& records) {
  std::ostringstream out;
  const auto writer = RecordWriter::Create(format, columns, out);
  for (const std::vector<Json>& record : records) writer->Write(record);
  writer->Finish();
  return out.str();
}

std::string Write(OutputFormat format, const Json& object) {
  std::ostringstream out;
  WriteObject(format, object, out);
  return out.str();
}

const std::vector<std::vector<Json>> kRecords = {
    {0, 1.5, "plain", true, Json::array({1, 2})},
    {10, kNaN, "comma, \"quote\"\nbreak", false, Json::array()},
};
const std::vector<std::string> kColumns = {"row", "score", "text", "flag", "list"};

TEST(RecordWriter, Json) {
  EXPECT_EQ(WriteRecords(OutputFormat::kJson, kColumns, kRecords), R"([
  {"row":0,"score":1.5,"text":"plain","flag":true,"list":[1,2]},
  {"row":10,"score":"NaN","text":"comma, \"quote\"\nbreak","flag":false,"list":[]}
]
)");
}

TEST(RecordWriter, JsonLines) {
  EXPECT_EQ(WriteRecords(OutputFormat::kJsonLines, kColumns, kRecords),
            R"({"row":0,"score":1.5,"text":"plain","flag":true,"list":[1,2]}
{"row":10,"score":"NaN","text":"comma, \"quote\"\nbreak","flag":false,"list":[]}
)");
  EXPECT_EQ(WriteRecords(OutputFormat::kJsonLines, {"a"}, {}), "");
}

TEST(RecordWriter, CsvIsSafeForSpreadsheets) {
  EXPECT_EQ(WriteRecords(OutputFormat::kCsv, {"=1+1", "b"},
                         {{"=cmd|' /C calc'!A0", -1.5},
                          {"+49 30", "@x"},
                          {"-x", "\ty"},
                          {"-12.5", "+3"},
                          {-kInfinity, "a=b"},
                          {"-", "\rz"}}),
            "'=1+1,b\n"
            "'=cmd|' /C calc'!A0,-1.5\n"
            "'+49 30,'@x\n"
            "'-x,'\ty\n"
            "-12.5,+3\n"
            "-Infinity,a=b\n"
            "'-,\"'\rz\"\n");
}

TEST(RecordWriter, TablesAlignCharactersAndShowNoControls) {
  EXPECT_EQ(WriteRecords(OutputFormat::kTable, {"Gr\u00F6\u00DFe", "x"},
                         {{"\u00E4", 1}, {"a\x1b[2J\xB0", 2}, {"say \"\\\"", 3}}),
            "Gr\u00F6\u00DFe         x\n"
            "\u00E4             1\n"
            "a\\x1b[2J\\xb0  2\n"
            "say \"\\\"       3\n");
}

TEST(RecordWriter, FlushWritesWhatIsMeasured) {
  std::ostringstream out;
  const auto writer = RecordWriter::Create(OutputFormat::kTable, {"row"}, out);
  writer->Write({123456});
  EXPECT_EQ(out.str(), "");
  writer->Flush();
  EXPECT_EQ(out.str(), "   row\n123456\n");
  writer->Write({7});
  EXPECT_EQ(out.str(), "   row\n123456\n     7\n");
}

TEST(RecordWriter, Csv) {
  EXPECT_EQ(WriteRecords(OutputFormat::kCsv, kColumns, kRecords),
            "row,score,text,flag,list\n"
            "0,1.5,plain,true,\"[1,2]\"\n"
            "10,NaN,\"comma, \"\"quote\"\"\nbreak\",false,[]\n");
}

TEST(RecordWriter, Table) {
  EXPECT_EQ(WriteRecords(OutputFormat::kTable, {"row", "score", "text", "list"},
                         {{1, 0.123456789, "a", Json::array({1, "x"})},
                          {1000, 1e-9, "long text", Json::array()},
                          {2, nullptr, "b", Json::array({2.5})}}),
            " row     score  text       list\n"
            "   1  0.123457  a          1, x\n"
            "1000     1e-09  long text\n"
            "   2         -  b          2.5\n");
}

TEST(RecordWriter, LongTablesKeepTheColumnsOfTheirFirstRecords) {
  std::vector<std::vector<Json>> records(300, {7});
  records[1] = {12345};
  records[299] = {1234567};
  const std::string table = WriteRecords(OutputFormat::kTable, {"row"}, records);
  EXPECT_EQ(table.substr(0, 18), "  row\n    7\n12345\n");
  EXPECT_EQ(table.substr(table.size() - 14), "    7\n1234567\n");
}

TEST(RecordWriter, NumbersThatAreNotFiniteAreWordsEverywhere) {
  const std::vector<std::vector<Json>> records = {{kInfinity, {{"a", {-kInfinity, kNaN}}}}};
  EXPECT_EQ(WriteRecords(OutputFormat::kJson, {"x", "y"}, records),
            "[\n  {\"x\":\"Infinity\",\"y\":{\"a\":[\"-Infinity\",\"NaN\"]}}\n]\n");
  EXPECT_EQ(WriteRecords(OutputFormat::kCsv, {"x"}, {{kInfinity}, {-kInfinity}, {kNaN}}),
            "x\nInfinity\n-Infinity\nNaN\n");
  EXPECT_EQ(WriteRecords(OutputFormat::kTable, {"x"}, {{kInfinity}, {kNaN}, {2.5}}),
            "       x\nInfinity\n     NaN\n     2.5\n");
}

TEST(RecordWriter, NoRecords) {
  EXPECT_EQ(WriteRecords(OutputFormat::kJson, {"a", "b"}, {}), "[]\n");
  EXPECT_EQ(WriteRecords(OutputFormat::kCsv, {"a", "b"}, {}), "a,b\n");
  EXPECT_EQ(WriteRecords(OutputFormat::kTable, {"a", "b"}, {}), "a  b\n");
}

TEST(RecordWriter, DoublesReadBackAsTheyWere) {
  for (const double value : {0.1, 1.0 / 3, 1e300, 5e-324, 123456789.123456789, -2.0}) {
    const std::string csv = WriteRecords(OutputFormat::kCsv, {"x"}, {{value}});
    EXPECT_EQ(std::strtod(csv.substr(2).c_str(), nullptr), value);
    const std::string json = WriteRecords(OutputFormat::kJson, {"x"}, {{value}});
    EXPECT_EQ(Json::parse(json)[0]["x"].get<double>(), value);
  }
}

TEST(RecordWriter, BytesThatAreNoUtf8AreReplaced) {
  const std::string json = WriteRecords(OutputFormat::kJson, {"x"}, {{"\xB0"}});
  EXPECT_EQ(Json::parse(json)[0]["x"], "\xEF\xBF\xBD");
}

const Json kObject = {{"model", "pump"},
                      {"threshold", 0.1},
                      {"bandwidth", kNaN},
                      {"plan", {{"samples", 64}, {"nested", {{"deep", "x,y"}}}}}};

TEST(WriteObject, JsonIsIndented) {
  EXPECT_EQ(Write(OutputFormat::kJson, kObject), R"({
  "model": "pump",
  "threshold": 0.1,
  "bandwidth": "NaN",
  "plan": {
    "samples": 64,
    "nested": {
      "deep": "x,y"
    }
  }
}
)");
}

TEST(WriteObject, JsonLineIsOneLine) {
  EXPECT_EQ(Write(OutputFormat::kJsonLines, {{"a", kNaN}, {"b", {{"c", 1}}}}),
            "{\"a\":\"NaN\",\"b\":{\"c\":1}}\n");
}

TEST(WriteObject, CsvIsOneLineWithDottedNames) {
  EXPECT_EQ(Write(OutputFormat::kCsv, kObject),
            "model,threshold,bandwidth,plan.samples,plan.nested.deep\n"
            "pump,0.1,NaN,64,\"x,y\"\n");
}

TEST(WriteObject, TableIsOneLineAMember) {
  EXPECT_EQ(Write(OutputFormat::kTable, kObject),
            "model             pump\n"
            "threshold         0.1\n"
            "bandwidth         NaN\n"
            "plan.samples      64\n"
            "plan.nested.deep  x,y\n");
}

TEST(WriteObject, TableHasALineForEachTextOfAList) {
  EXPECT_EQ(Write(OutputFormat::kTable,
                  {{"a", 1}, {"warnings", {"one, two", "three"}}, {"numbers", {1, 2}}}),
            "a         1\n"
            "warnings  one, two\n"
            "          three\n"
            "numbers   1, 2\n");
}

}  // namespace
}  // namespace advae
