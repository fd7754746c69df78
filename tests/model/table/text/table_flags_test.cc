#include "model/table/text/table_flags.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::ElementsAre;

// The options after parsing; a positional argument shows that no flag takes too much.
DataSetOptions Parse(std::vector<std::string> arguments) {
  CLI::App app;
  DataSetOptions options;
  std::string name;
  app.add_option("name", name);
  AddTableFlags(app, &options);
  AddKeyFlag(app, &options, "");
  AddIgnoreFlag(app, &options);
  arguments.emplace_back("pump");
  std::ranges::reverse(arguments);
  app.parse(arguments);
  EXPECT_EQ(name, "pump");
  return options;
}

TEST(TableFlags, LeaveEverythingToDetection) {
  const DataSetOptions options = Parse({});
  EXPECT_FALSE(options.format.dialect.delimiter);
  EXPECT_FALSE(options.format.dialect.quote);
  EXPECT_FALSE(options.format.decimal_mark);
  EXPECT_FALSE(options.format.has_header);
  EXPECT_EQ(options.max_bad_lines, 0);
}

TEST(TableFlags, NameAFormat) {
  const DataSetOptions options =
      Parse({"--delimiter=;", "--quote=apostrophe", "--decimal=comma", "--missing=-999,x",
             "--missing=y", "--no-header", "--skip-bad-lines=7"});
  EXPECT_EQ(options.format.dialect.delimiter, ';');
  EXPECT_EQ(options.format.dialect.quote, '\'');
  EXPECT_EQ(options.format.decimal_mark, DecimalMark::kComma);
  EXPECT_THAT(options.format.missing, ElementsAre("-999", "x", "y"));
  EXPECT_EQ(options.format.has_header, false);
  EXPECT_EQ(options.max_bad_lines, 7);
}

TEST(TableFlags, KnowDelimitersByName) {
  EXPECT_EQ(Parse({"--delimiter=tab"}).format.dialect.delimiter, '\t');
  EXPECT_EQ(Parse({"--delimiter=\\t"}).format.dialect.delimiter, '\t');
  EXPECT_EQ(Parse({"--delimiter=comma"}).format.dialect.delimiter, ',');
  EXPECT_EQ(Parse({"--delimiter", "|"}).format.dialect.delimiter, '|');
  EXPECT_EQ(Parse({"--header"}).format.has_header, true);
}

TEST(TableFlags, RepeatColumns) {
  const DataSetOptions options = Parse({"--key=a,b", "--key", "c", "--ignore=x*", "--ignore=y z"});
  EXPECT_THAT(options.key_columns, ElementsAre("a,b", "c"));
  EXPECT_THAT(options.ignored_columns, ElementsAre("x*", "y z"));
}

TEST(TableFlags, RefuseWhatCannotBe) {
  for (const char* const flag : {"--delimiter=a", "--delimiter=", "--delimiter=;;", "--delimiter=.",
                                 "--delimiter=\n", "--delimiter=\xFF", "--quote=1", "--decimal=;",
                                 "--skip-bad-lines=-1", "--skip-bad-lines=many"}) {
    EXPECT_THROW(Parse({flag}), CLI::ParseError) << flag;
  }
  EXPECT_THROW(Parse({"--header", "--no-header"}), CLI::ParseError);
}

// The settings after parsing `arguments`.
v1::TrainSpec ParseColumns(std::vector<std::string> arguments) {
  CLI::App app;
  v1::TrainSpec spec;
  AddColumnFlags(app, &spec);
  std::ranges::reverse(arguments);
  app.parse(arguments);
  return spec;
}

TEST(ColumnFlags, NameKinds) {
  const v1::TrainSpec spec =
      ParseColumns({"--column=a:b:time", "--column", "n*:number", "--strict"});
  ASSERT_EQ(spec.columns_size(), 2);
  EXPECT_EQ(spec.columns(0).name(), "a:b");
  EXPECT_EQ(spec.columns(0).kind(), v1::COLUMN_KIND_TIME);
  EXPECT_EQ(spec.columns(1).name(), "n*");
  EXPECT_EQ(spec.columns(1).kind(), v1::COLUMN_KIND_NUMBER);
  EXPECT_TRUE(spec.strict());
  EXPECT_FALSE(ParseColumns({}).strict());
}

TEST(ColumnFlags, RefuseWhatNamesNoKind) {
  for (const char* const text : {"a", "a:", "a:float", ":time", "time"}) {
    EXPECT_THROW(ParseColumns({"--column", text}), CLI::ValidationError) << text;
  }
}

}  // namespace
}  // namespace advae
