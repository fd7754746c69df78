#include "server/quotas/quota_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::advae::testing::IsOk;
using ::advae::testing::StatusIs;
using ::testing::_;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kPath[] = "quotas.json";

TEST(QuotaFile, AQuotaHasTheLimitsThatAreThere) {
  ASSERT_OK_AND_ASSIGN(const auto quotas, ParseQuotaFile(kPath, R"({"quotas": [
      {"name": "plant", "rows_per_second": 5000, "calls": 8, "streams": 2, "trainings": 1,
       "versions": 20, "bytes": 1000000000, "weight": 3},
      {"name": "*", "calls": 1}]})"));
  ASSERT_EQ(quotas.size(), 2);
  Quota plant;
  plant.limit(QuotaKind::kRowsPerSecond) = 5000;
  plant.limit(QuotaKind::kCalls) = 8;
  plant.limit(QuotaKind::kStreams) = 2;
  plant.limit(QuotaKind::kTrainings) = 1;
  plant.limit(QuotaKind::kVersions) = 20;
  plant.limit(QuotaKind::kBytes) = 1'000'000'000;
  plant.weight = 3;
  EXPECT_EQ(quotas[0], (NamedQuota{.name = "plant", .quota = plant}));
  Quota others;
  others.limit(QuotaKind::kCalls) = 1;
  EXPECT_EQ(quotas[1], (NamedQuota{.name = "*", .quota = others}));
}

TEST(QuotaFile, NoQuotasAreAFile) {
  EXPECT_THAT(ParseQuotaFile(kPath, R"({"quotas": []})"), IsOk());
}

// Deeper than any stack that would show it.
TEST(QuotaFile, ADeepFileIsRefused) {
  const std::string lists(1'000'000, '[');
  const std::string ends(1'000'000, ']');
  EXPECT_THAT(
      ParseQuotaFile(kPath, R"({"quotas": [{"name": "a", "calls": )" + lists + ends + "}]}"),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "quotas.json: arrays and objects are "
               "nested deeper than 16"));
}

TEST(QuotaFile, ALargeFileIsRefused) {
  const testing::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "quotas.json";
  std::ofstream(path) << "{}";
  std::filesystem::resize_file(path, 100'000'000);
  EXPECT_THAT(ReadQuotaFile(path),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("File too large")));
}

TEST(QuotaFile, AMissingFileIsNotFound) {
  EXPECT_THAT(ReadQuotaFile("no/such/file"), StatusIs(absl::StatusCode::kNotFound, _));
}

struct BadFile {
  const char* name;
  const char* text;
  const char* message;
};

class BadQuotaFileTest : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadQuotaFileTest, SaysWhatIsWrong) {
  EXPECT_THAT(ParseQuotaFile(kPath, GetParam().text),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr(kPath), HasSubstr(GetParam().message))));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, BadQuotaFileTest,
    ::testing::Values(
        BadFile{"Empty", "", "line 1 is no JSON"},
        BadFile{"HugeNumber", R"({"quotas": [{"name": "x", "calls": 1e999}]})", "overflow"},
        BadFile{"NoJson", "{\"quotas\": [\n  {\"name\": \"a\",\n   \"calls\": }]}",
                "line 3 is no JSON"},
        BadFile{"List", "[]", "is no file of quotas; expected"},
        BadFile{"MoreThanQuotas", R"({"quotas": [], "x": 1})", "is no file of quotas"},
        BadFile{"NoObject", R"({"quotas": [{"name": "a"}, 3]})", "quota 2: expected an object"},
        BadFile{"NoName", R"({"quotas": [{"calls": 1}]})", "member \"name\" is missing"},
        BadFile{"EmptyName", R"({"quotas": [{"name": ""}]})", "member \"name\" is \"\"; expected"},
        BadFile{"NumberForName", R"({"quotas": [{"name": 3}]})", "member \"name\" is 3; expected"},
        BadFile{"NameTwice", R"({"quotas": [{"name": "a"}, {"name": "a"}]})",
                "quota 2: \"a\" has one before"},
        BadFile{"MemberTwice", R"({"quotas": [{"name": "a", "calls": 1, "calls": 2}]})",
                "member \"calls\" twice"},
        BadFile{"Unknown", R"({"quotas": [{"name": "a", "call": 1}]})",
                "member \"call\" is unknown; expected name, weight, rows_per_second, calls"},
        BadFile{"Zero", R"({"quotas": [{"name": "a", "calls": 0}]})",
                "member \"calls\" is 0; expected a whole number of 1 to"},
        BadFile{"Negative", R"({"quotas": [{"name": "a", "rows_per_second": -1}]})",
                "\"rows_per_second\" is -1; expected"},
        BadFile{"Fraction", R"({"quotas": [{"name": "a", "trainings": 1.5}]})",
                "\"trainings\" is 1.5; expected"},
        BadFile{"Text", R"({"quotas": [{"name": "a", "streams": "1"}]})",
                "\"streams\" is \"1\"; expected"},
        BadFile{"Heavy", R"({"quotas": [{"name": "a", "weight": 1001}]})",
                "\"weight\" is 1001; expected a whole number of 1 to 1000"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
