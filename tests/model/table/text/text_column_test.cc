#include "model/table/text/text_column.h"

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ValueType Detect(const std::vector<std::string>& cells) {
  NumberParser numbers({});
  TypeDetector detector;
  for (const std::string& cell : cells) detector.Add(cell, numbers);
  return detector.type();
}

TEST(TypeDetector, TellsNumbers) {
  EXPECT_EQ(Detect({"1", "-2.5", "1e3", " 4 "}), ValueType::kDoubles);
  EXPECT_EQ(Detect({"1", "NA", "", "?", "-"}), ValueType::kDoubles);
  EXPECT_EQ(Detect({"0", "1", "1"}), ValueType::kDoubles);
  EXPECT_EQ(Detect({"inf", "1e400"}), ValueType::kDoubles);
}

// So that the error says what to do about them.
TEST(TypeDetector, NumbersMayBeFormatted) {
  EXPECT_EQ(Detect({"12%", "13.5%"}), ValueType::kDoubles);
  EXPECT_EQ(Detect({"$1.50", "2"}), ValueType::kDoubles);
  EXPECT_EQ(Detect({"1,234.5"}), ValueType::kDoubles);
  EXPECT_EQ(Detect({"EUR", "USD"}), ValueType::kStrings);
}

TEST(TypeDetector, TellsTruthValues) {
  EXPECT_EQ(Detect({"true", "False", "TRUE"}), ValueType::kBools);
  EXPECT_EQ(Detect({"yes"}), ValueType::kBools);
  EXPECT_EQ(Detect({"n", "NA", "Y"}), ValueType::kBools);
  EXPECT_EQ(Detect({"t", "f"}), ValueType::kBools);
  EXPECT_EQ(Detect({"f", "f"}), ValueType::kStrings);
  EXPECT_EQ(Detect({"true", "no"}), ValueType::kStrings);
  EXPECT_EQ(Detect({"true", "1"}), ValueType::kStrings);
}

TEST(TypeDetector, TellsTimes) {
  EXPECT_EQ(Detect({"2026-11-27", "2026-11-28T10:00:00Z", ""}), ValueType::kTimes);
  EXPECT_EQ(Detect({"12:00", "13:00:01"}), ValueType::kTimes);
  EXPECT_EQ(Detect({"2026-11-27", "12"}), ValueType::kStrings);
}

TEST(TypeDetector, AllElseIsStrings) {
  EXPECT_EQ(Detect({}), ValueType::kStrings);
  EXPECT_EQ(Detect({"", "NA"}), ValueType::kStrings);
  EXPECT_EQ(Detect({"tcp", "udp"}), ValueType::kStrings);
  EXPECT_EQ(Detect({"1", "two"}), ValueType::kStrings);
}

TEST(TypeDetector, OneOfTenCellsMayNotFit) {
  std::vector<std::string> cells(9, "1");
  cells.emplace_back("Bad Input");
  EXPECT_EQ(Detect(cells), ValueType::kDoubles);
  cells.emplace_back("Bad Input");
  EXPECT_EQ(Detect(cells), ValueType::kStrings);
  cells.assign(9, "2026-11-27");
  cells.emplace_back("never");
  EXPECT_EQ(Detect(cells), ValueType::kTimes);
  cells.emplace_back("never");
  EXPECT_EQ(Detect(cells), ValueType::kStrings);
}

std::vector<double> Doubles(const v1::TableColumn& column) {
  std::vector<double> values(column.doubles().size() / sizeof(double));
  std::memcpy(values.data(), column.doubles().data(), column.doubles().size());
  return values;
}

std::vector<int32_t> Codes(const v1::TableColumn& column) {
  std::vector<int32_t> codes(column.strings().codes().size() / sizeof(int32_t));
  std::memcpy(codes.data(), column.strings().codes().data(), column.strings().codes().size());
  return codes;
}

TEST(TextColumn, CollectsNumbersWithDoublePrecision) {
  NumberParser numbers({});
  TextColumn column("flow", ValueType::kDoubles);
  EXPECT_TRUE(column.Add("1700000000.25", numbers));
  EXPECT_EQ(column.last_number(), 1700000000.25);
  EXPECT_TRUE(column.Add("NA", numbers));
  EXPECT_FALSE(column.Add("hot", numbers));
  EXPECT_TRUE(column.Add("0.1", numbers));
  const v1::TableColumn message = column.Take();
  EXPECT_EQ(message.name(), "flow");
  EXPECT_THAT(message.validity(), IsEmpty());
  const std::vector<double> values = Doubles(message);
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[0], 1700000000.25);
  EXPECT_TRUE(std::isnan(values[1]));
  EXPECT_EQ(values[2], 0.1);
}

TEST(TextColumn, CollectsBits) {
  NumberParser numbers({});
  TextColumn column("door", ValueType::kBools);
  for (const char* const cell : {"yes", "no", "", "no", "no", "no", "no", "1", "0", "yes"}) {
    EXPECT_TRUE(column.Add(cell, numbers));
  }
  EXPECT_FALSE(column.Add("open", numbers));
  v1::TableColumn message = column.Take();
  EXPECT_EQ(message.bools(), "\x81\x02");
  EXPECT_EQ(message.validity(), "\xFB\x03");
  EXPECT_TRUE(column.Add("yes", numbers));
  message = column.Take();
  EXPECT_EQ(message.bools(), "\x01");
  EXPECT_THAT(message.validity(), IsEmpty());
}

TEST(TextColumn, CollectsTimes) {
  NumberParser numbers({});
  TextColumn column("start", ValueType::kTimes);
  EXPECT_TRUE(column.Add("1970-01-01T00:00:01Z", numbers));
  EXPECT_FALSE(column.Add("soon", numbers));
  EXPECT_EQ(column.Take().times(), std::string("\x40\x42\x0f\0\0\0\0\0", 8));
}

TEST(TextColumn, CollectsCodesOfADictionary) {
  NumberParser numbers({.missing = {"n.a."}});
  TextColumn column("protocol", ValueType::kStrings);
  for (const char* const cell : {"udp", " tcp ", "n.a.", "udp"}) {
    EXPECT_TRUE(column.Add(cell, numbers));
  }
  const v1::TableColumn message = column.Take();
  EXPECT_THAT(message.strings().dictionary(), ElementsAre("udp", "tcp"));
  EXPECT_THAT(Codes(message), ElementsAre(0, 1, 0, 0));
  EXPECT_EQ(message.validity(), "\x0B");
}

TEST(TextColumn, StringsThatAreNotUtf8AreReadAsWindows1252) {
  NumberParser numbers({});
  TextColumn column("city", ValueType::kStrings);
  EXPECT_TRUE(column.Add("Z\xfcrich", numbers));
  EXPECT_TRUE(column.Add("Z\xf6rich", numbers));
  EXPECT_THAT(column.Take().strings().dictionary(), ElementsAre("Z\u00fcrich", "Z\u00f6rich"));
}

TEST(TextColumn, ACodeOfAMissingTextIsInTheDictionary) {
  NumberParser numbers({});
  TextColumn column("note", ValueType::kStrings);
  EXPECT_TRUE(column.Add("", numbers));
  const v1::TableColumn message = column.Take();
  EXPECT_EQ(message.strings().dictionary_size(), 1);
  EXPECT_THAT(Codes(message), ElementsAre(0));
  EXPECT_EQ(message.validity(), std::string(1, '\0'));
}

TEST(TextColumn, TakesTheLastRowOfEachTypeBack) {
  NumberParser numbers({});
  TextColumn doubles("a", ValueType::kDoubles);
  TextColumn bools("b", ValueType::kBools);
  TextColumn strings("c", ValueType::kStrings);
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(doubles.Add("1", numbers));
    EXPECT_TRUE(bools.Add("true", numbers));
    EXPECT_TRUE(strings.Add("x", numbers));
  }
  EXPECT_TRUE(doubles.Add("2", numbers));
  EXPECT_TRUE(bools.Add("", numbers));
  EXPECT_TRUE(strings.Add("y", numbers));
  for (TextColumn* const column : {&doubles, &bools, &strings}) column->RemoveLast();
  EXPECT_EQ(strings.dictionary_size(), 1);
  EXPECT_TRUE(bools.Add("false", numbers));
  EXPECT_TRUE(strings.Add("x", numbers));
  strings.RemoveLast();  // its text stays, as others have it
  EXPECT_TRUE(strings.Add("z", numbers));
  EXPECT_EQ(Doubles(doubles.Take()).size(), 9u);
  const v1::TableColumn message = bools.Take();
  EXPECT_EQ(message.bools(), "\xFF\x01");
  const v1::TableColumn texts = strings.Take();
  EXPECT_THAT(texts.strings().dictionary(), ElementsAre("x", "z"));
  EXPECT_THAT(Codes(texts), ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
}

}  // namespace
}  // namespace advae
