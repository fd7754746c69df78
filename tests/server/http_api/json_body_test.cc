#include "server/http_api/json_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/testing/memory_use.h"
#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::StartsWith;
using testing::StatusIs;

constexpr uint64_t kMuch = uint64_t{1} << 40;

std::string Repeated(const std::string& part, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += part;
  return text;
}

absl::Status Parse(const std::string& text, uint64_t budget_bytes = kMuch) {
  MemoryBudget budget(budget_bytes);
  MemoryLease lease(budget);
  return ParseJsonObject(text, lease).status();
}

TEST(JsonBodyTest, TakesAnObjectAndNothingElse) {
  EXPECT_THAT(Parse(R"({"a": [1, {"b": "\"[{,:"}], "c": null})"), IsOk());
  for (const char* const text : {"", "[]", "1", "{", "{}x", "{\"a\"}", "{\"a\":1e999}"}) {
    EXPECT_THAT(Parse(text), StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("the body")))
        << text;
  }
}

TEST(JsonBodyTest, CountsNestingOutsideOfTexts) {
  EXPECT_EQ(JsonSizeOf(R"({"a[[[": "{\"{\\"})").depth, 1);
  EXPECT_EQ(JsonSizeOf("[[{}],[]]").depth, 3);
  const auto nested = [](int depth) {
    return "{\"a\":" + Repeated("[", depth - 1) + Repeated("]", depth - 1) + "}";
  };
  EXPECT_THAT(Parse(nested(32)), IsOk());
  EXPECT_THAT(Parse(nested(33)),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("the body: expected")));
  EXPECT_THAT(Parse("{\"a\":" + Repeated("[", 1'000'000)),
              StatusIs(absl::StatusCode::kInvalidArgument, StartsWith("the body: expected")));
}

// A search for each of them among all before it would take minutes.
TEST(JsonBodyTest, TakesManyMembers) {
  std::string text = "{";
  for (int i = 0; i < 400'000; ++i) absl::StrAppend(&text, i > 0 ? "," : "", "\"a", i, "\":0");
  EXPECT_THAT(Parse(text + "}"), IsOk());
}

TEST(JsonBodyTest, LeasesAtLeastWhatTheValuesTake) {
  if (!testing::kCanMeasureMemory) GTEST_SKIP() << "a sanitizer has an allocator of its own";
  std::string members;
  for (int i = 0; i < 10'000; ++i) absl::StrAppend(&members, i > 0 ? "," : "", "\"", i, "\":0");
  const std::string texts[] = {
      "{\"a\":[" + Repeated("0,", 100'000) + "0]}",
      "{\"a\":[" + Repeated("[],", 50'000) + "0]}",
      "{\"a\":[" + Repeated("[[0]],", 50'000) + "0]}",
      "{\"a\":[" + Repeated("{},", 50'000) + "0]}",
      "{\"a\":[" + Repeated("{\"\":0},", 50'000) + "0]}",
      "{\"a\":[" + Repeated("\"\",", 50'000) + "0]}",
      "{\"a\":[" + Repeated("\"0123456789abcdef\",", 50'000) + "0]}",
      "{\"a\":\"" + Repeated("\\u20ac", 100'000) + "\"}",
      "{\"" + Repeated("a", 100'000) + "\":0}",
      "{" + members + "}",
      // What is no JSON is shown in an error that nobody reads.
      Repeated("\t", 200'000) + "x",
      Repeated("\t", 200'000) + "\"\n",
      "{\"a\":" + Repeated("1", 200'000) + "}",
      "{\"a\":\"" + Repeated("b", 200'000),
      "{\"a\":\"" + Repeated("b", 200'000) + "\xff",
      "{\"a\":" + Repeated("\\", 200'000),
  };
  for (const std::string& text : texts) {
    const testing::MemoryMeter meter;
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    const JsonSize size = JsonSizeOf(text);
    EXPECT_GE(size.bytes, meter.Peak()) << text.substr(0, 30);
    if (!json.is_discarded()) {
      EXPECT_LE(size.bytes, 20 * meter.Peak()) << text.substr(0, 30);
    }
    EXPECT_THAT(Parse(text, size.bytes - 1),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("bytes of memory")));
  }
}

}  // namespace
}  // namespace advae
