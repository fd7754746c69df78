#include "model/access/strict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::advae::testing::StatusIs;
using ::testing::HasSubstr;

std::string Nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(StrictJson, ReadsValuesInTheirOrder) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::ordered_json json,
                       ParseStrictJson(R"({"b": [1, {"c": null}], "a": {"c": 2.5}})"));
  EXPECT_EQ(json.dump(), R"({"b":[1,{"c":null}],"a":{"c":2.5}})");
}

TEST(StrictJson, NestsSoDeepAndNoDeeper) {
  ASSERT_OK_AND_ASSIGN(const nlohmann::ordered_json json, ParseStrictJson(Nested(kMaxStrictDepth)));
  EXPECT_EQ(json.dump(), Nested(kMaxStrictDepth));
  for (const int depth : {kMaxStrictDepth + 1, 1'000'000}) {
    EXPECT_THAT(ParseStrictJson(Nested(depth)).status(),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("deeper than 16")));
  }
}

TEST(StrictJson, SaysWhatIsWrong) {
  const auto message = [](const std::string& text) {
    return std::string(ParseStrictJson(text).status().message());
  };
  EXPECT_THAT(message("{\n\"a\":\n}"), HasSubstr("line 3 is no JSON"));
  EXPECT_THAT(message(""), HasSubstr("line 1 is no JSON"));
  EXPECT_THAT(message("[1e999]"), HasSubstr("1e999"));
  EXPECT_THAT(message(R"([{"a": 1}, {"b": {"c": 1, "c": 2}}])"),
              HasSubstr("an object has the member \"c\" twice"));
}

}  // namespace
}  // namespace advae
