// What answers that grow take of the memory of calls, and that those which are too large are
// refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "advae/v1/detector.pb.h"
#include "inference/inference.pb.h"
#include "server/inference/model_description.h"
#include "server/inference/model_statistics.h"
#include "server/models/model_table.h"
#include "server/services/threshold_query.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::RandomBundle;
using testing::StatusIs;

// How an answer ended, and what it took.
struct Outcome {
  absl::Status status;
  uint64_t leased = 0;
  uint64_t taken = 0;  // by the message and its sent form
};

template <typename Request, typename Response, typename Answer>
Outcome Ask(Request request, MessageLimits& limits, Answer answer) {
  const Received received(request, limits);
  Response response;
  Outcome outcome = {.status = answer(received, response)};
  outcome.leased = limits.budget.held();
  outcome.taken = response.SpaceUsedLong() + response.ByteSizeLong();
  return outcome;
}

struct Method {
  std::string name;
  std::function<Outcome(ModelTable&, MessageLimits&)> ask;
};
void PrintTo(const Method& method, std::ostream* out) { *out << method.name; }

template <typename Request>
Request About(const std::string& model) {
  Request request;
  request.set_name(model);
  return request;
}

Outcome AskThreshold(ModelTable& table, MessageLimits& limits) {
  v1::ThresholdRequest request;
  request.set_model("pump");
  request.set_curve_points(1000);
  request.set_apply(true);
  return Ask<v1::ThresholdRequest, v1::ThresholdResponse>(
      request, limits, [&table](const Received& received, v1::ThresholdResponse& response) {
        return AnswerThreshold(table, received, response);
      });
}

template <typename Request, typename Response>
Outcome AskAbout(const Request& request, MessageLimits& limits, ModelTable& table,
                 absl::Status (*answer)(const ModelTable&, const Received&, Response&)) {
  return Ask<Request, Response>(request, limits, [&](const Received& received, Response& response) {
    return answer(table, received, response);
  });
}

class AnswerMemoryTest : public ::testing::TestWithParam<Method> {
 protected:
  void SetUp() override {
    ASSERT_THAT(table_.repository().Publish(*RandomBundle("pump", 1)), IsOk());
    ASSERT_THAT(table_.Sync(), IsOk());
  }
  size_t Thresholds() { return table_.Find("pump", 1)->loaded->info().threshold_history_size(); }

  testing::TemporaryFolder folder_;
  Metrics metrics_;
  ModelTable table_{*Repository::Open(folder_.path()), metrics_};
};

TEST_P(AnswerMemoryTest, IsLeasedUntilTheCallEnds) {
  MessageLimits limits = {
      .budget = MemoryBudget(1 << 20), .max_parsed_bytes = 1 << 10, .max_response_bytes = 1 << 20};
  const Outcome outcome = GetParam().ask(table_, limits);
  ASSERT_THAT(outcome.status, IsOk());
  EXPECT_GE(outcome.leased, outcome.taken);
  EXPECT_EQ(limits.budget.held(), 0);
}

TEST_P(AnswerMemoryTest, IsRefusedWhereThereIsNone) {
  MessageLimits limits = {
      .budget = MemoryBudget(100), .max_parsed_bytes = 1 << 10, .max_response_bytes = 1 << 20};
  EXPECT_THAT(GetParam().ask(table_, limits).status,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("bytes of memory")));
  EXPECT_EQ(Thresholds(), 1) << "what was refused was done";
}

TEST_P(AnswerMemoryTest, IsRefusedWhenItIsTooLarge) {
  MessageLimits limits = {
      .budget = MemoryBudget(1 << 20), .max_parsed_bytes = 1 << 10, .max_response_bytes = 10};
  EXPECT_THAT(GetParam().ask(table_, limits).status,
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("--max_response_bytes")));
  EXPECT_EQ(Thresholds(), 1) << "what was refused was done";
}

INSTANTIATE_TEST_SUITE_P(
    All, AnswerMemoryTest,
    ::testing::Values(Method{"Threshold", &AskThreshold},
                      Method{"ModelMetadata",
                             [](auto& table, auto& limits) {
                               return AskAbout(About<inference::ModelMetadataRequest>("pump"),
                                               limits, table, &DescribeModel);
                             }},
                      Method{"ModelConfig",
                             [](auto& table, auto& limits) {
                               return AskAbout(About<inference::ModelConfigRequest>("pump"), limits,
                                               table, &DescribeConfig);
                             }},
                      Method{"ModelStatistics",
                             [](auto& table, auto& limits) {
                               return AskAbout(About<inference::ModelStatisticsRequest>("pump"),
                                               limits, table, &DescribeStatistics);
                             }},
                      Method{"RepositoryIndex",
                             [](auto& table, auto& limits) {
                               return AskAbout(inference::RepositoryIndexRequest(), limits, table,
                                               &IndexRepository);
                             }}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
