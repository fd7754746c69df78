#include "model/table/text/table_reader.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "model/base/status_macros.h"
#include "tests/testing/block_buffer.h"
#include "tests/testing/reference_data.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/tables.h"

namespace advae {
namespace {

using ::advae::testing::BlockBuffer;
using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::_;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr size_t kAllRows = std::numeric_limits<size_t>::max();

v1::ColumnSetting Setting(const std::string& name, v1::ColumnKind kind) {
  v1::ColumnSetting setting;
  setting.set_name(name);
  setting.set_kind(kind);
  return setting;
}

// "a doubles, b strings" and so on.
std::string Types(const v1::Table& table) {
  std::string types;
  for (const v1::TableColumn& column : table.columns()) {
    const auto* field = column.GetDescriptor()->FindFieldByNumber(column.values_case());
    absl::StrAppend(&types, types.empty() ? "" : ", ", column.name(), " ", field->name());
  }
  return types;
}

std::vector<double> Doubles(const v1::TableColumn& column) {
  std::vector<double> values(column.doubles().size() / sizeof(double));
  if (values.empty()) return values;  // without a place that memcpy could take
  std::memcpy(values.data(), column.doubles().data(), column.doubles().size());
  return values;
}

std::vector<std::string> Texts(const v1::TableColumn& column) {
  std::vector<std::string> texts;
  const std::string& codes = column.strings().codes();
  for (size_t i = 0; i < codes.size(); i += sizeof(int32_t)) {
    int32_t code = 0;
    std::memcpy(&code, codes.data() + i, sizeof(code));
    texts.push_back(column.strings().dictionary(code));
  }
  return texts;
}

absl::StatusOr<TableRows> ReadAll(TableReader& reader) {
  ADVAE_ASSIGN_OR_RETURN(TableRows rows, reader.ReadChunk(kAllRows));
  // Rows before an error come first.
  ADVAE_ASSIGN_OR_RETURN(const TableRows end, reader.ReadChunk(kAllRows));
  EXPECT_THAT(end.row_numbers, IsEmpty());
  return rows;
}

absl::StatusOr<TableRows> ReadForTraining(const std::string& text, DataSetOptions options = {},
                                          std::vector<v1::ColumnSetting> settings = {}) {
  std::istringstream input(text);
  options.source_name = "plant.csv";
  ADVAE_ASSIGN_OR_RETURN(TableReader reader,
                         TableReader::ForTraining(input, std::move(options), std::move(settings)));
  return ReadAll(reader);
}

TEST(TableReader, DetectsTypesForTraining) {
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadForTraining("flow,open,protocol,start,blank\n"
                                                             "1.5,true,tcp,2026-11-27 10:15:04,\n"
                                                             ",no,udp,,NA\n"
                                                             "2,false,,2026-11-28 10:15:04,\n"));
  EXPECT_EQ(rows.table.rows(), 3u);
  EXPECT_EQ(Types(rows.table),
            "flow doubles, open strings, protocol strings, start times, blank strings");
  EXPECT_THAT(rows.row_numbers, ElementsAre(0, 1, 2));
  EXPECT_EQ(Doubles(rows.table.columns(0))[2], 2);
  EXPECT_EQ(rows.table.columns(2).validity(), "\x03");
  EXPECT_EQ(rows.table.columns(4).validity(), std::string(1, '\0'));
}

TEST(TableReader, SettingsTakeThePlaceOfDetection) {
  const std::string text = "code,open,day\n404,1,x\n200,0,2026-11-27\n";
  ASSERT_OK_AND_ASSIGN(const TableRows rows,
                       ReadForTraining(text, {},
                                       {Setting("*", v1::COLUMN_KIND_CATEGORY),
                                        Setting("op?n", v1::COLUMN_KIND_BOOLEAN)}));
  EXPECT_EQ(Types(rows.table), "code strings, open bools, day strings");
  EXPECT_THAT(Texts(rows.table.columns(0)), ElementsAre("404", "200"));
  EXPECT_THAT(ReadForTraining(text, {}, {Setting("day", v1::COLUMN_KIND_TIME)}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("plant.csv: line 2, column 3 (\"day\"): \"x\" is not a date or "
                                 "time")));
  EXPECT_THAT(
      ReadForTraining(text, {.ignored_columns = {"day"}}, {Setting("day", v1::COLUMN_KIND_TIME)}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("no column fits --column=\"day\"; the columns are \"code\"")));
}

// The days of 2026-02-01 and 2026-02-13.
constexpr int64_t kDay = int64_t{86'400} * 1'000'000;
absl::StatusOr<TableRows> ScoreDays(const std::string& text, v1::DateOrder order,
                                    DataSetOptions options = {}) {
  v1::TableSchema schema;
  v1::ColumnSchema& day = *schema.add_columns();
  day.set_name("day");
  day.set_kind(v1::COLUMN_KIND_TIME);
  day.set_role(v1::COLUMN_ROLE_FEATURE);
  day.mutable_time()->set_date_order(order);
  std::istringstream input(text);
  ADVAE_ASSIGN_OR_RETURN(TableReader reader,
                         TableReader::ForScoring(input, std::move(options), schema));
  return ReadAll(reader);
}

const std::vector<int64_t> kFebruary = {20485 * kDay, 20497 * kDay};

TEST(TableReader, FindsTheOrderOfDatesBeforeTheFirstOne) {
  const std::string text = "day\n01/02/2026\n13/02/2026\n";
  ASSERT_OK_AND_ASSIGN(const TableRows detected, ReadForTraining(text));
  EXPECT_EQ(detected.table.columns(0).times(), testing::BufferOf(kFebruary));
  ASSERT_OK_AND_ASSIGN(const TableRows set,
                       ReadForTraining(text, {}, {Setting("day", v1::COLUMN_KIND_TIME)}));
  EXPECT_EQ(set.table.columns(0).times(), testing::BufferOf(kFebruary));

  ASSERT_OK_AND_ASSIGN(const TableRows scored,
                       ScoreDays(text, v1::DATE_ORDER_UNSPECIFIED));  // of an older version
  EXPECT_EQ(scored.table.columns(0).times(), testing::BufferOf(kFebruary));
}

TEST(TableReader, ScoringReadsDatesAsTheSchemaHasThem) {
  const std::string text = "day\n01/02/2026\n";
  const int64_t in_february = 20485 * kDay;
  const int64_t in_january = 20455 * kDay;
  ASSERT_OK_AND_ASSIGN(TableRows rows, ScoreDays(text, v1::DATE_ORDER_DAY_FIRST));
  EXPECT_EQ(rows.table.columns(0).times(), testing::BufferOf<int64_t>({in_february}));
  ASSERT_OK_AND_ASSIGN(rows, ScoreDays(text, v1::DATE_ORDER_MONTH_FIRST));
  EXPECT_EQ(rows.table.columns(0).times(), testing::BufferOf<int64_t>({in_january}));
  // What the call says comes first.
  ASSERT_OK_AND_ASSIGN(rows, ScoreDays(text, v1::DATE_ORDER_MONTH_FIRST,
                                       {.format = {.date_order = DateOrder::kDayFirst}}));
  EXPECT_EQ(rows.table.columns(0).times(), testing::BufferOf<int64_t>({in_february}));
  EXPECT_THAT(
      ScoreDays("day\n13/02/2026\n", v1::DATE_ORDER_MONTH_FIRST),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("\"13/02/2026\" is not a date with the month first, as others of "
                         "the column; --dates=day-first changes the order for all of them")));
}

// The settings of a training on dates, in the way that they are written in a test.
std::vector<std::string> SettingsOf(const std::string& text, DataSetOptions options = {},
                                    std::vector<v1::ColumnSetting> settings = {}) {
  std::istringstream input(text);
  const absl::StatusOr<TableReader> reader =
      TableReader::ForTraining(input, std::move(options), std::move(settings));
  EXPECT_THAT(reader, IsOk());
  std::vector<std::string> texts;
  for (const v1::ColumnSetting& setting : reader->settings()) {
    texts.push_back(absl::StrCat(setting.name(), ":", v1::ColumnKind_Name(setting.kind()), ":",
                                 v1::DateOrder_Name(setting.date_order())));
  }
  return texts;
}

TEST(TableReader, TrainingsTellTheOrderOfTheirDates) {
  EXPECT_THAT(SettingsOf("day,a\n01/02/2026,1\n13/02/2026,2\n"),
              ElementsAre("day:COLUMN_KIND_UNSPECIFIED:DATE_ORDER_DAY_FIRST"));
  EXPECT_THAT(SettingsOf("day\n01/02/2026\n", {.format = {.date_order = DateOrder::kDayFirst}}),
              ElementsAre("day:COLUMN_KIND_UNSPECIFIED:DATE_ORDER_DAY_FIRST"));
  // A setting that fits the column stays in force.
  EXPECT_THAT(SettingsOf("day\n01.02.2026\n", {}, {Setting("d*", v1::COLUMN_KIND_TIME)}),
              ElementsAre("d*:COLUMN_KIND_TIME:DATE_ORDER_UNSPECIFIED",
                          "day:COLUMN_KIND_TIME:DATE_ORDER_DAY_FIRST"));
  EXPECT_THAT(SettingsOf("day\n2026-02-01\n"), IsEmpty());
}

TEST(TableReader, ATimeAloneIsNotADate) {
  const std::string text = "day,a\n2026-02-01 10:00,1\n2026-02-13 11:00,2\n14:05,3\n";
  EXPECT_THAT(
      ReadForTraining(text, {}, {Setting("day", v1::COLUMN_KIND_TIME)}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("\"14:05\" is not a date (a time alone), as others of the column")));
  v1::TableSchema schema;
  v1::ColumnSchema& day = *schema.add_columns();
  day.set_name("day");
  day.set_kind(v1::COLUMN_KIND_TIME);
  day.set_role(v1::COLUMN_ROLE_FEATURE);
  day.mutable_time()->set_maximum(20'000 * kDay);
  std::istringstream input("day\n14:05\n");
  ASSERT_OK_AND_ASSIGN(TableReader dates, TableReader::ForScoring(input, {}, schema));
  EXPECT_THAT(ReadAll(dates), StatusIs(absl::StatusCode::kInvalidArgument,
                                       HasSubstr("\"14:05\" is not a date (a time alone)")));
  // Where the training had times alone, they are what is expected.
  schema.mutable_columns(0)->mutable_time()->set_maximum(kDay - 1);
  std::istringstream again("day\n14:05\n");
  ASSERT_OK_AND_ASSIGN(TableReader times, TableReader::ForScoring(again, {}, schema));
  EXPECT_THAT(ReadAll(times), IsOk());
}

// The columns of a training's table, with its notes.
struct TrainingTable {
  std::vector<std::vector<double>> columns;
  std::vector<std::string> notes;
  v1::DecimalMark mark = v1::DECIMAL_MARK_UNSPECIFIED;
};

absl::StatusOr<TrainingTable> ReadNumbers(const std::string& text, DataSetOptions options = {}) {
  std::istringstream input(text);
  ADVAE_ASSIGN_OR_RETURN(TableReader reader,
                         TableReader::ForTraining(input, std::move(options), {}));
  ADVAE_ASSIGN_OR_RETURN(const TableRows rows, ReadAll(reader));
  TrainingTable table = {.columns = {}, .notes = {}, .mark = reader.decimal_mark()};
  for (const v1::TableColumn& column : rows.table.columns()) {
    table.columns.push_back(Doubles(column));
  }
  for (const std::string& note : reader.notes()) {
    if (!note.starts_with("dialect")) table.notes.push_back(note);
  }
  return table;
}

TEST(TableReader, NumbersMayHaveThousands) {
  ASSERT_OK_AND_ASSIGN(const TrainingTable german,
                       ReadNumbers("a;b\n1.234.567,8;1,5\n1.234,5;2\n7;3,25\n"));
  EXPECT_THAT(german.columns,
              ElementsAre(ElementsAre(1234567.8, 1234.5, 7), ElementsAre(1.5, 2, 3.25)));
  EXPECT_EQ(german.mark, v1::DECIMAL_MARK_COMMA);
  EXPECT_THAT(german.notes, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const TrainingTable english,
                       ReadNumbers("a,b\n\"1,234,567.8\",1.5\n\"1,234\",2.5\n"));
  EXPECT_THAT(english.columns, ElementsAre(ElementsAre(1234567.8, 1234), ElementsAre(1.5, 2.5)));
  EXPECT_EQ(english.mark, v1::DECIMAL_MARK_POINT);
  EXPECT_THAT(english.notes, IsEmpty());
}

TEST(TableReader, AGuessAtThousandsIsNoted) {
  // The mark of the file's other numbers decides, wherever they are.
  ASSERT_OK_AND_ASSIGN(const TrainingTable thousands, ReadNumbers("a;b\n5.012;1,5\n12.500;2,5\n"));
  EXPECT_THAT(thousands.columns[0], ElementsAre(5012, 12500));
  EXPECT_THAT(thousands.notes,
              ElementsAre("column \"a\": numbers such as \"5.012\" are read as whole ones, with a "
                          "thousands separator, because the decimal mark of the file is the comma; "
                          "--decimal=point changes that"));
  // Nothing decides.
  ASSERT_OK_AND_ASSIGN(const TrainingTable either, ReadNumbers("a;b\n5.012;1\n12.500;2\n"));
  EXPECT_THAT(either.columns[0], ElementsAre(5.012, 12.5));
  EXPECT_THAT(either.notes,
              ElementsAre("column \"a\": numbers such as \"5.012\" are read with a decimal point, "
                          "which could separate thousands; --decimal=comma changes that"));
  // No guess: the mark is told, shown by the column, or a comma that separates cells.
  const DataSetOptions comma = {.format = {.decimal_mark = DecimalMark::kComma}};
  ASSERT_OK_AND_ASSIGN(const TrainingTable told, ReadNumbers("a;b\n5.012;1\n", comma));
  EXPECT_THAT(told.columns[0], ElementsAre(5012));
  EXPECT_THAT(told.notes, IsEmpty());
  for (const char* const text : {"a;b\n5.012;1\n0.5;2\n", "a,b\n5.012,1\n12.500,2\n"}) {
    ASSERT_OK_AND_ASSIGN(const TrainingTable shown, ReadNumbers(text));
    EXPECT_EQ(shown.columns[0][0], 5.012);
    EXPECT_THAT(shown.notes, IsEmpty());
  }
}

TEST(TableReader, AddressesAndNamesShowNoDecimalMark) {
  ASSERT_OK_AND_ASSIGN(const TrainingTable table,
                       ReadNumbers("host,version,a\n192.168.100.200,1.234.567,1.5\n"
                                   "10.0.0.1,2.0.1-beta,2.5\n"));
  EXPECT_THAT(table.columns[2], ElementsAre(1.5, 2.5));
}

// A row that comes alone is read as those of the training were.
TEST(TableReader, ThousandsAreReadAsTheVersionHasThem) {
  v1::TableSchema schema;
  v1::ColumnSchema& column = *schema.add_columns();
  column.set_name("a");
  column.set_kind(v1::COLUMN_KIND_NUMBER);
  column.set_role(v1::COLUMN_ROLE_FEATURE);
  const auto read = [&schema](const std::string& text) {
    std::istringstream input(text);
    absl::StatusOr<TableReader> reader = TableReader::ForScoring(input, {}, schema);
    EXPECT_THAT(reader, IsOk());
    const absl::StatusOr<TableRows> rows = ReadAll(*reader);
    EXPECT_THAT(rows, IsOk());
    return Doubles(rows->table.columns(0)).front();
  };
  EXPECT_EQ(read("a;b\n5.012;1\n"), 5.012);
  schema.set_decimal_mark(v1::DECIMAL_MARK_COMMA);
  EXPECT_EQ(read("a;b\n5.012;1\n"), 5012);
  EXPECT_EQ(read("a,b\n5.012,1\n"), 5.012);
}

TEST(TableReader, AnOrderOfDatesIsToldOfColumnsThatHaveSuchDates) {
  const DataSetOptions day_first = {.format = {.date_order = DateOrder::kDayFirst}};
  EXPECT_THAT(SettingsOf("day\n2026-02-01\n2026-02-13\n", day_first), IsEmpty());
  EXPECT_THAT(SettingsOf("day,iso\n01/02/2026,2026-02-01\n", day_first),
              ElementsAre("day:COLUMN_KIND_UNSPECIFIED:DATE_ORDER_DAY_FIRST"));
  EXPECT_THAT(SettingsOf("ts\n1795774504\n", day_first, {Setting("ts", v1::COLUMN_KIND_TIME)}),
              ElementsAre("ts:COLUMN_KIND_TIME:DATE_ORDER_UNSPECIFIED"));
  // It may have them later.
  std::string text = "day,a\n";
  for (size_t i = 0; i < TableReader::kSampleRows; ++i) text += ",1\n";
  EXPECT_THAT(
      SettingsOf(text + "01/02/2026,1\n", day_first, {Setting("day", v1::COLUMN_KIND_TIME)}),
      ElementsAre("day:COLUMN_KIND_TIME:DATE_ORDER_UNSPECIFIED",
                  "day:COLUMN_KIND_TIME:DATE_ORDER_DAY_FIRST"));
}

TEST(TableReader, AColumnsOwnNameComesBeforeAPattern) {
  const std::string text = "a*,ab,b?,bc\n1,2,3,4\n5,6,7,8\n";
  ASSERT_OK_AND_ASSIGN(
      const TableRows rows,
      ReadForTraining(text, {.key_columns = {"a*"}}, {Setting("b?", v1::COLUMN_KIND_CATEGORY)}));
  EXPECT_TRUE(rows.table.columns(0).has_strings());
  EXPECT_TRUE(rows.table.columns(1).has_doubles());
  EXPECT_TRUE(rows.table.columns(2).has_strings());
  EXPECT_TRUE(rows.table.columns(3).has_doubles());
  // What is ignored does not make a pattern of its name.
  EXPECT_THAT(
      ReadForTraining(text, {.ignored_columns = {"b?"}}, {Setting("b?", v1::COLUMN_KIND_CATEGORY)}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column fits --column=\"b?\"")));
}

TEST(TableReader, TellsLargeNumbersOfALabelsNameApart) {
  const DataSetOptions options = {.refuse_label_feature = true};
  EXPECT_THAT(ReadForTraining("y,a\n1234567,1\n1234568,2\n1234569,3\n", options), IsOk());
  EXPECT_THAT(ReadForTraining("y,a\n1234567,1\n1234568,2\n1234567,3\n", options),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("its only values are 1234567 and 1234568.")));
}

TEST(TableReader, NotesColumnsWithoutAValueInTheSample) {
  std::string text = "a,late\n";
  for (size_t i = 0; i < TableReader::kSampleRows; ++i) text += "1,\n";
  std::istringstream whole(text.substr(0, text.size() - 3));  // a row fewer
  ASSERT_OK_AND_ASSIGN(const TableReader known, TableReader::ForTraining(whole, {}, {}));
  EXPECT_THAT(known.notes(), IsEmpty());
  std::istringstream input(text + "1,20.5\n");
  ASSERT_OK_AND_ASSIGN(const TableReader reader, TableReader::ForTraining(input, {}, {}));
  EXPECT_THAT(reader.notes(),
              ElementsAre("column \"late\" has no value in the first 4096 rows, and is read as "
                          "texts; if it is not, say --column=\"late\":KIND"));
}

TEST(TableReader, NotesWhenTheOrderOfDatesIsAGuess) {
  std::istringstream input("day\n01/02/2026\n");
  ASSERT_OK_AND_ASSIGN(const TableReader reader, TableReader::ForTraining(input, {}, {}));
  EXPECT_THAT(
      reader.notes(),
      ElementsAre("no date of column \"day\" shows whether the day or the month comes first; "
                  "they are read with the month first, --dates=day-first changes that"));
  for (const char* const text : {"day\n13/02/2026\n", "day\n2026-02-13\n"}) {
    std::istringstream clear(text);
    ASSERT_OK_AND_ASSIGN(const TableReader sure, TableReader::ForTraining(clear, {}, {}));
    EXPECT_THAT(sure.notes(), IsEmpty()) << text;
  }
}

TEST(TableReader, TimesMayBeNumbersWhereTheyAreSaidToBeTimes) {
  const v1::ColumnSetting time = Setting("ts", v1::COLUMN_KIND_TIME);
  ASSERT_OK_AND_ASSIGN(const TableRows rows,
                       ReadForTraining("ts\n1795774504\n1795774504250\n", {}, {time}));
  EXPECT_EQ(rows.table.columns(0).times(),
            testing::BufferOf<int64_t>({1'795'774'504'000'000, 1'795'774'504'250'000}));
  EXPECT_THAT(
      ReadForTraining("ts\n17\n", {}, {time}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"17\" is not a date or time")));
}

TEST(TableReader, TheOrderOfDatesCanBeSaid) {
  const std::string text = "day\n01/02/2026\n02/02/2026\n";
  for (const DateOrder order : {DateOrder::kDayFirst, DateOrder::kMonthFirst}) {
    ASSERT_OK_AND_ASSIGN(const TableRows rows,
                         ReadForTraining(text, {.format = {.date_order = order}}));
    const int64_t first = order == DateOrder::kDayFirst ? 20485 : 20455;
    const int64_t second = order == DateOrder::kDayFirst ? 20486 : 20486;
    EXPECT_EQ(rows.table.columns(0).times(),
              testing::BufferOf(std::vector<int64_t>{first * kDay, second * kDay}));
  }
}

TEST(TableReader, TheOrderOfDatesStaysThatOfTheSample) {
  std::string text = "day\n";
  for (size_t i = 0; i < TableReader::kSampleRows; ++i) text += "02/01/2026\n";
  std::istringstream input(text + "13/02/2026\n");
  ASSERT_OK_AND_ASSIGN(TableReader reader, TableReader::ForTraining(input, {}, {}));
  const absl::StatusOr<TableRows> rows = reader.ReadChunk(kAllRows);
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(rows->row_numbers.size(), TableReader::kSampleRows);
  EXPECT_EQ(rows->table.columns(0).times().substr(0, 8),
            testing::BufferOf(std::vector<int64_t>{20485 * kDay}));
  EXPECT_THAT(reader.ReadChunk(kAllRows),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"13/02/2026\" is not a date with the month first")));
}

TEST(TableReader, KeysAndLabelAreToldToTheServer) {
  std::istringstream input("id,flow,state,note\n1,2,Normal,x\n2,3,,y\n");
  ASSERT_OK_AND_ASSIGN(
      TableReader reader,
      TableReader::ForTraining(
          input, {.label_column = "state", .key_columns = {"id"}, .ignored_columns = {"note"}},
          {Setting("*", v1::COLUMN_KIND_NUMBER)}));
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadAll(reader));
  EXPECT_EQ(Types(rows.table), "id strings, flow doubles, state strings");
  ASSERT_EQ(reader.settings().size(), 3u);
  EXPECT_EQ(reader.settings()[1].name(), "id");
  EXPECT_EQ(reader.settings()[1].role(), v1::COLUMN_ROLE_KEY);
  EXPECT_EQ(reader.settings()[2].name(), "state");
  EXPECT_EQ(reader.settings()[2].role(), v1::COLUMN_ROLE_LABEL);
  EXPECT_THAT(rows.keys, IsEmpty());
  EXPECT_THAT(rows.labels, IsEmpty());
}

TEST(TableReader, LearnsTheDecimalMarkBeforeTheTypes) {
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadForTraining("a|b\n1,234|x\n0,5|y\n"));
  EXPECT_EQ(Types(rows.table), "a doubles, b strings");
  EXPECT_THAT(Doubles(rows.table.columns(0)), ElementsAre(1.234, 0.5));
}

struct BadCase {
  std::string name;
  std::string text;
  std::string message;
  DataSetOptions options = {};
};
void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

class BadTable : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadTable, IsRefusedWithSourceAndPlace) {
  EXPECT_THAT(ReadForTraining(GetParam().text, GetParam().options),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("plant.csv: "), HasSubstr(GetParam().message))));
}

// A column `name` of numbers with `cell` in line 12.
std::string Numbers(const std::string& name, const std::string& cell) {
  std::string text = name + "\n";
  for (int i = 0; i < 10; ++i) absl::StrAppend(&text, i, ".5\n");
  return text + cell + "\n";
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTable,
    ::testing::Values(
        BadCase{"Empty", "", "empty; expected a header line"},
        BadCase{"TextAmongNumbers", Numbers("heat", "Bad Input"),
                "line 12, column 1 (\"heat\"): \"Bad Input\" is not a number, as others of the "
                "column; take it for categories with --column=\"heat\":category, or leave it out "
                "with --ignore=\"heat\"; if it marks a missing value, say --missing=\"Bad Input\""},
        BadCase{"Percentage", Numbers("a", "12%"),
                "\"12%\" is not a number (a percentage; expected the number alone), as others"},
        BadCase{"Money", Numbers("a", "$1.50"), "(an amount of money; expected the number alone)"},
        BadCase{"Hexadecimal", Numbers("a", "0x1F"), "(hexadecimal; expected a decimal number)"},
        BadCase{"Thousands", "a,b\n\"1,234\",2\n",
                "\"1,234\" is not a number (it may have a decimal comma or thousands separators"},
        BadCase{"Infinite", Numbers("a", "inf"),
                "\"inf\" is not a finite 32-bit number (infinite)"},
        BadCase{"BeyondFloat", Numbers("a", "-1e39"),
                "\"-1e39\" is not a finite 32-bit number (beyond 3.4e38)"},
        BadCase{"TooFewCells", "a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells; expected 3"},
        BadCase{"NumbersForALabel",
                "a,Class\n1,0\n2,1\n3,1.0\n",
                "column \"Class\" looks like a label: its only values are 0 and 1. Leave it out",
                {.refuse_label_feature = true}},
        BadCase{
            "WordsForALabel",
            "a,Normal/Attack\n1,Normal\n2,Attack\n3,\n",
            "column \"Normal/Attack\" looks like a label: its only values are Normal and Attack",
            {.refuse_label_feature = true}}),
    [](const auto& info) { return info.param.name; });

TEST(TableReader, ACellThatDoesNotFitComesAfterTheRowsBeforeIt) {
  std::string text = "a,b\n";
  for (size_t i = 0; i < TableReader::kSampleRows; ++i) text += "1,yes\n";
  std::istringstream input(text + "2,no\n3,maybe\n");
  ASSERT_OK_AND_ASSIGN(TableReader reader, TableReader::ForTraining(input, {}, {}));
  ASSERT_OK_AND_ASSIGN(const TableRows rows, reader.ReadChunk(kAllRows));
  EXPECT_EQ(rows.table.rows(), TableReader::kSampleRows + 1);
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(reader.ReadChunk(kAllRows),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("line 4099, column 2 (\"b\"): \"maybe\" is neither true nor "
                                   "false, as others of the column; take it for categories")));
  }
}

TEST(TableReader, PassesOverBadLines) {
  std::istringstream input(Numbers("heat", "hot") + "8\n1,2\n");
  ASSERT_OK_AND_ASSIGN(TableReader reader,
                       TableReader::ForTraining(input, {.max_bad_lines = 2}, {}));
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadAll(reader));
  EXPECT_EQ(rows.table.rows(), 11u);
  EXPECT_EQ(Doubles(rows.table.columns(0)).back(), 8);
  EXPECT_EQ(rows.row_numbers.back(), 11u);
  EXPECT_EQ(reader.bad_lines().count, 2u);
  EXPECT_THAT(reader.bad_lines().first, HasSubstr("line 12, column 1 (\"heat\"): \"hot\""));
}

// Their texts neither fill a chunk nor stay in it.
TEST(TableReader, ManyBadLinesInARowEndNothing) {
  std::string text = "id,heat\n";
  for (size_t i = 0; i < TableReader::kSampleRows; ++i) text += "a,1\n";
  for (int i = 0; i < 40'000; ++i) absl::StrAppend(&text, "b", i, ",hot\n");
  std::istringstream input(text + "c,2\n");
  ASSERT_OK_AND_ASSIGN(TableReader reader,
                       TableReader::ForTraining(input, {.max_bad_lines = 40'000}, {}));
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadAll(reader));
  EXPECT_EQ(rows.table.rows(), TableReader::kSampleRows + 1);
  EXPECT_EQ(reader.bad_lines().count, 40'000u);
  EXPECT_THAT(rows.table.columns(0).strings().dictionary(), ElementsAre("a", "c"));
}

TEST(TableReader, ChunksAreBelowAMegabyteAndHaveFewTexts) {
  std::string text = "a,b\n";
  for (int i = 0; i < 40000; ++i) absl::StrAppend(&text, i, ",", i, "x\n");
  std::istringstream input(text);
  ASSERT_OK_AND_ASSIGN(TableReader reader, TableReader::ForTraining(input, {}, {}));
  size_t rows = 0;
  size_t chunks = 0;
  for (;; ++chunks) {
    ASSERT_OK_AND_ASSIGN(const TableRows chunk, reader.ReadChunk(kAllRows));
    if (chunk.row_numbers.empty()) break;
    rows += chunk.table.rows();
    EXPECT_LE(chunk.table.ByteSizeLong(), size_t{3} << 19);
    EXPECT_LE(chunk.table.columns(1).strings().dictionary_size(), 32768);
  }
  EXPECT_EQ(rows, 40000u);
  EXPECT_GT(chunks, 1u);
}

// The same types and values however the input comes.
TEST(TableReader, TypesDoNotDependOnHowAPipeCutsItsText) {
  const std::string text = "a,b\n1,x\ntwo,y\n3,z\n";
  ASSERT_OK_AND_ASSIGN(const TableRows whole, ReadForTraining(text));
  for (const size_t block : {1, 3, 7}) {
    BlockBuffer buffer(text, block);
    std::istream input(&buffer);
    ASSERT_OK_AND_ASSIGN(TableReader reader, TableReader::ForTraining(input, {}, {}));
    ASSERT_OK_AND_ASSIGN(const TableRows rows, reader.ReadChunk(kAllRows));
    EXPECT_EQ(rows.table.SerializeAsString(), whole.table.SerializeAsString());
  }
}

v1::TableSchema PumpSchema() {
  v1::TableSchema schema;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        columns { name: "when" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_KEY }
        columns { name: "flow" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE }
        columns { name: "id" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_IGNORED }
        columns { name: "protocol" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE }
        columns { name: "open" kind: COLUMN_KIND_BOOLEAN role: COLUMN_ROLE_FEATURE }
        columns { name: "start" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE }
      )pb",
      &schema));
  return schema;
}

absl::StatusOr<TableRows> ReadForScoring(const std::string& text, DataSetOptions options = {}) {
  std::istringstream input(text);
  ADVAE_ASSIGN_OR_RETURN(TableReader reader,
                         TableReader::ForScoring(input, std::move(options), PumpSchema()));
  return ReadAll(reader);
}

TEST(TableReader, ReadsTheColumnsOfASchema) {
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadForScoring("start,other,open,when,protocol,flow\n"
                                                            "2026-11-27,\xFF,1,noon, 7 ,inf\n"
                                                            ",,NA,,?,NA\n"));
  EXPECT_EQ(Types(rows.table),
            "flow doubles, protocol strings, open bools, start times, when strings");
  EXPECT_TRUE(std::isinf(Doubles(rows.table.columns(0))[0]));
  EXPECT_TRUE(std::isnan(Doubles(rows.table.columns(0))[1]));
  EXPECT_EQ(rows.table.columns(1).strings().dictionary(0), "7");
  for (const int column : {1, 2, 3}) EXPECT_EQ(rows.table.columns(column).validity(), "\x01");
  EXPECT_THAT(rows.keys, ElementsAre("noon", ""));
}

TEST(TableReader, AKeyIsReadAsItIs) {
  ASSERT_OK_AND_ASSIGN(const TableRows training,
                       ReadForTraining("id,a\nNA,1\n-,2\nn.d.,3\n,4\n",
                                       {.key_columns = {"id"}, .format = {.missing = {"n.d."}}}));
  EXPECT_THAT(Texts(training.table.columns(0)), ElementsAre("NA", "-", "n.d.", _));
  EXPECT_EQ(training.table.columns(0).validity(), "\x07");
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadForScoring("when,flow,protocol,open,start\n"
                                                            "NA,NA,NA,NA,NA\n"));
  EXPECT_EQ(Types(rows.table),
            "flow doubles, protocol strings, open bools, start times, when strings");
  EXPECT_THAT(Texts(rows.table.columns(4)), ElementsAre("NA"));
  EXPECT_THAT(rows.table.columns(4).validity(), IsEmpty());
}

TEST(TableReader, MarksOfASchemaAreMissing) {
  v1::TableSchema schema = PumpSchema();
  schema.add_missing_marks("n.d.");
  std::istringstream input("start,open,protocol,flow\nN.D.,off,off,1\n2026-11-27,n.d.,n.d.,n.d.\n");
  DataSetOptions options;
  options.format.missing = {"off"};  // in this file besides
  ASSERT_OK_AND_ASSIGN(TableReader reader, TableReader::ForScoring(input, options, schema));
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadAll(reader));
  EXPECT_EQ(Doubles(rows.table.columns(0))[0], 1);
  EXPECT_TRUE(std::isnan(Doubles(rows.table.columns(0))[1]));
  EXPECT_EQ(rows.table.columns(1).validity(), std::string(1, '\0'));
  EXPECT_EQ(rows.table.columns(2).validity(), std::string(1, '\0'));
  EXPECT_EQ(rows.table.columns(3).validity(), "\x02");
}

TEST(TableReader, KeysOfASchemaMayBeMissing) {
  ASSERT_OK_AND_ASSIGN(const TableRows rows,
                       ReadForScoring("flow,protocol,open,start,label\n1,a,no,,1\n",
                                      {.label_column = "label", .key_columns = {"protocol"}}));
  EXPECT_THAT(rows.keys, ElementsAre("a"));
  EXPECT_THAT(rows.labels, ElementsAre(true));
  std::istringstream input("when,flow,protocol,open,start\n");
  ASSERT_OK_AND_ASSIGN(
      const TableReader reader,
      TableReader::ForScoring(input, {.key_columns = {"flow", "when"}}, PumpSchema()));
  EXPECT_THAT(reader.key_names(), ElementsAre("when", "flow"));
}

TEST(TableReader, ScoringErrorsNameColumnAndText) {
  EXPECT_THAT(ReadForScoring("flow,protocol,start\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("there is no column \"open\"; the columns are \"flow\"")));
  EXPECT_THAT(ReadForScoring("flow,protocol,open,start\n12%,a,no,\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("line 2, column 1 (\"flow\"): \"12%\" is not a number (a "
                                       "percentage; expected the number alone)"),
                             Not(HasSubstr("--column")))));
  EXPECT_THAT(ReadForScoring("flow,protocol,open,start\n1,a,ajar,\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("\"ajar\" is neither true nor false")));
  EXPECT_THAT(
      ReadForScoring("flow,protocol,open,start\n1,a,no,soon\n"),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("\"soon\" is not a date or time")));
}

TEST(TableReader, AnswersLiveRowsAsTheyCome) {
  const std::string text = "flow,protocol,open,start\n1,a,no,\n2,b,no,\n";
  BlockBuffer buffer(text, 1);
  std::istream input(&buffer);
  ASSERT_OK_AND_ASSIGN(TableReader reader, TableReader::ForScoring(input, {}, PumpSchema()));
  for (const size_t number : {0, 1}) {
    ASSERT_OK_AND_ASSIGN(const TableRows rows, reader.ReadChunk(kAllRows));
    EXPECT_THAT(rows.row_numbers, ElementsAre(number));
  }
}

// Columns are called column_1 and so on in training, so they are found in a file to score.
TEST(TableReader, SchemasOfTablesWithoutAHeaderAreScoredWithoutOne) {
  v1::TableSchema schema;
  for (const char* const name : {"column_1", "column_3"}) {
    v1::ColumnSchema& column = *schema.add_columns();
    column.set_name(name);
    column.set_kind(v1::COLUMN_KIND_CATEGORY);
    column.set_role(v1::COLUMN_ROLE_FEATURE);
  }
  std::istringstream input("a,1,b\nc,2,d\n");
  ASSERT_OK_AND_ASSIGN(TableReader reader, TableReader::ForScoring(input, {}, schema));
  ASSERT_OK_AND_ASSIGN(const TableRows rows, ReadAll(reader));
  EXPECT_THAT(Texts(rows.table.columns(1)), ElementsAre("b", "d"));
}

}  // namespace
}  // namespace advae
