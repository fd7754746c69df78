#include "model/table/encoding/schema_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "tests/model/table/encoding/schemas.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::ParseSchema;
using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

TEST(CheckSchema, OfEachKind) {
  EXPECT_THAT(CheckSchema(ParseSchema(R"(
      columns { name: "n" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE number {} }
      columns { name: "b" kind: COLUMN_KIND_BOOLEAN role: COLUMN_ROLE_FEATURE missing_share: 1
                boolean { true_share: 1 } }
      columns { name: "c" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
                category { encoding: CATEGORY_ENCODING_ONE_HOT categories { category: "" }
                           other_count: 18446744073709551615 } }
      columns { name: "t" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE
                time { day_of_week: true } }
      columns { name: "k" role: COLUMN_ROLE_KEY }
      columns { name: "i" role: COLUMN_ROLE_IGNORED kind: COLUMN_KIND_TIME number {} })")),
              IsOk());
}

struct WrongSchema {
  const char* name;
  const char* column;
  const char* message;
};

void PrintTo(const WrongSchema& wrong, std::ostream* out) { *out << wrong.name; }

class CheckSchemaOfColumn : public ::testing::TestWithParam<WrongSchema> {};

TEST_P(CheckSchemaOfColumn, IsRefused) {
  const v1::TableSchema schema = ParseSchema(
      std::string(R"(columns { name: "n" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE
                               number {} }
                     columns {)") +
      GetParam().column + " }");
  EXPECT_THAT(CheckSchema(schema),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

constexpr WrongSchema kWrongSchemas[] = {
    {"NoName", "role: COLUMN_ROLE_KEY", "a column of the schema has no name"},
    {"NameTwice", R"(name: "n" role: COLUMN_ROLE_KEY)",
     "column \"n\" of the schema is there twice"},
    {"NoRole", R"(name: "c")", "has an unknown role"},
    {"UnknownRole", R"(name: "c" role: 77)", "has an unknown role"},
    {"ShareAboveOne", R"(name: "c" role: COLUMN_ROLE_KEY missing_share: 1.01)",
     "has a share outside [0, 1]"},
    {"ShareNan", R"(name: "c" role: COLUMN_ROLE_KEY missing_share: nan)",
     "has a share outside [0, 1]"},
    {"NothingLearned", R"(name: "c" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE)",
     "is a feature of which nothing was learned"},
    {"NoKind", R"(name: "c" role: COLUMN_ROLE_FEATURE number {})", "is no number"},
    {"NumberOfOtherKind", R"(name: "c" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE number {})",
     "is no number"},
    {"InfiniteOffset",
     R"(name: "c" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE number { offset: inf })",
     "is no number with a finite offset"},
    {"BooleanOfOtherKind",
     R"(name: "c" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE boolean {})", "is no boolean"},
    {"BooleanShare",
     R"(name: "c" kind: COLUMN_KIND_BOOLEAN role: COLUMN_ROLE_FEATURE boolean { true_share: -1 })",
     "is no boolean with a share in [0, 1]"},
    {"CategoryOfOtherKind",
     R"(name: "c" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE category { encoding: 1 })",
     "is no category"},
    {"NoEncoding", R"(name: "c" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE category {})",
     "has an unknown encoding"},
    {"UnknownEncoding",
     R"(name: "c" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE category { encoding: 77 })",
     "has an unknown encoding"},
    {"CategoryTwice",
     R"(name: "c" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
        category { encoding: 1 categories { category: "x" } categories { category: "x" } })",
     "has the category \"x\" twice"},
    {"Counts",
     R"(name: "c" kind: COLUMN_KIND_CATEGORY role: COLUMN_ROLE_FEATURE
        category { encoding: 1 categories { category: "x" count: 2 }
                   other_count: 18446744073709551614 })",
     "has counts that are too large"},
    {"TimeOfOtherKind",
     R"(name: "c" kind: COLUMN_KIND_NUMBER role: COLUMN_ROLE_FEATURE time { time_of_day: true })",
     "is no time"},
    {"TimeWithoutFeature", R"(name: "c" kind: COLUMN_KIND_TIME role: COLUMN_ROLE_FEATURE time {})",
     "is no time with a time of day or a day of the week"},
};

INSTANTIATE_TEST_SUITE_P(All, CheckSchemaOfColumn, ::testing::ValuesIn(kWrongSchemas),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(CheckSchema, WithoutFeature) {
  EXPECT_THAT(CheckSchema({}), StatusIs(absl::StatusCode::kInvalidArgument,
                                        HasSubstr("the schema has no column that is a feature")));
  EXPECT_THAT(CheckSchema(ParseSchema(R"(columns { name: "k" role: COLUMN_ROLE_KEY })")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no column that is")));
}

}  // namespace
}  // namespace advae
