#include "client/cli/schema_text.h"

#include <google/protobuf/text_format.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::TableSchema Schema(const std::string& columns) {
  v1::TableSchema schema;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(columns, &schema));
  return schema;
}

constexpr char kColumns[] = R"pb(
  columns {
    name: "when"
    kind: COLUMN_KIND_TIME
    role: COLUMN_ROLE_KEY
    time { maximum: 1500000 }
  }
  columns {
    name: "flow"
    kind: COLUMN_KIND_NUMBER
    role: COLUMN_ROLE_FEATURE
    missing_share: 0.004
    number { minimum: -1 maximum: 2.5 median: 1 }
  }
  columns {
    name: "protocol"
    kind: COLUMN_KIND_CATEGORY
    role: COLUMN_ROLE_FEATURE
    missing_share: 0.25
    category {
      categories { category: "tcp" count: 60 }
      categories { category: "udp" count: 20 }
      categories { category: "icmp" count: 10 }
      categories { category: "gre" count: 9 }
      other_count: 1
    }
  }
  columns {
    name: "open"
    kind: COLUMN_KIND_BOOLEAN
    role: COLUMN_ROLE_FEATURE
    boolean { true_share: 0.5 }
  }
  columns {
    name: "start"
    kind: COLUMN_KIND_TIME
    role: COLUMN_ROLE_FEATURE
    time { maximum: 86400000000 time_of_day: true day_of_week: true }
  }
  columns { name: "heat" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE note: "has a sentinel" }
  columns { name: "id\n" role: COLUMN_ROLE_IGNORED note: "an identifier" }
)pb";

TEST(SchemaLines, TellOfWhatNeedsAttention) {
  EXPECT_THAT(
      SchemaLines(Schema(kColumns)),
      ElementsAre("column \"when\": key", "column \"protocol\": category, 4 values",
                  "column \"open\": boolean", "column \"start\": time, time of day and day of week",
                  "column \"heat\": number, has a sentinel",
                  "column \"id\\n\": ignored, an identifier"));
  EXPECT_THAT(SchemaLines({}), IsEmpty());
}

TEST(SchemaRows, TellOfDatesAndOfTimesWithoutThem) {
  EXPECT_THAT(
      SchemaRows(Schema(R"pb(
        columns {
          name: "at"
          kind: COLUMN_KIND_TIME
          role: COLUMN_ROLE_FEATURE
          time { minimum: 30000000 maximum: 86399500000 time_of_day: true }
        }
        columns {
          name: "day"
          kind: COLUMN_KIND_TIME
          role: COLUMN_ROLE_FEATURE
          time { maximum: 1209600000000 day_of_week: true date_order: DATE_ORDER_DAY_FIRST }
        }
      )pb")),
      ElementsAre(
          ElementsAre("at", "time", "feature", "00:00:30 to 23:59:59.5: time of day", "0 %", ""),
          ElementsAre("day", "time", "feature",
                      "1970-01-01 00:00:00 to 1970-01-15 00:00:00, written with the "
                      "day first: day of week",
                      "0 %", "")));
}

TEST(SchemaRows, TellWhatWasLearned) {
  EXPECT_THAT(
      SchemaRows(Schema(kColumns)),
      ElementsAre(
          ElementsAre("when", "time", "key", "00:00:00 to 00:00:01.5", "0 %", ""),
          ElementsAre("flow", "number", "feature", "-1 to 2.5, median 1", "0.4 %", ""),
          ElementsAre("protocol", "category", "feature",
                      "4 values: tcp 60 %, udp 20 %, icmp 10 %, ...; others 1 %", "25 %", ""),
          ElementsAre("open", "boolean", "feature", "true 50 %", "0 %", ""),
          ElementsAre("start", "time", "feature",
                      "1970-01-01 00:00:00 to 1970-01-02 00:00:00: time of day and day of week",
                      "0 %", ""),
          ElementsAre("heat", "number", "feature", "", "0 %", "has a sentinel"),
          ElementsAre("id\n", "", "ignored", "", "0 %", "an identifier")));
}

TEST(MissingMarksText, NamesThem) {
  EXPECT_EQ(MissingMarksText(Schema(kColumns)), "");
  EXPECT_EQ(MissingMarksText(Schema("missing_marks: ['unknown', '-999']")),
            "Values that stand for a missing one: \"unknown\", \"-999\".");
}

}  // namespace
}  // namespace advae
