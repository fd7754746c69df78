// What the server says to trainings that it refuses, and that they leave nothing behind.

#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/job_errors_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kExhausted = grpc::StatusCode::RESOURCE_EXHAUSTED;

using Requests = std::vector<v1::TrainRequest>;

struct RefusedTraining {
  const char* name;
  Requests requests;
  grpc::StatusCode code;
  std::string message;  // a part of it
};

void PrintTo(const RefusedTraining& refused, std::ostream* out) { *out << refused.name; }

class RefusedTrainingTest : public JobErrorsTest,
                            public ::testing::WithParamInterface<RefusedTraining> {};

TEST_P(RefusedTrainingTest, LeavesNoTrace) {
  const auto outcome = Train(server().detector(), GetParam().requests);
  EXPECT_THAT(outcome.status, RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));
  ExpectNoTrace();
}

v1::TrainRequest ValidRows() { return RowsOf(RandomRows(20, 3, 1)); }

v1::TrainRequest RowsWith(size_t row, size_t column, float value) {
  v1::TrainRequest request = ValidRows();
  request.mutable_rows()->set_values(static_cast<int>(row * 3 + column), value);
  return request;
}

v1::TrainRequest RowsNamed(const std::vector<std::string>& names) {
  v1::TrainRequest request = ValidRows();
  for (const std::string& name : names) request.mutable_rows()->add_feature_names(name);
  return request;
}

Requests WithSpec(const std::function<void(v1::TrainSpec&)>& change) {
  v1::TrainRequest request = TinySpecOf("pump");
  change(*request.mutable_spec());
  return {request, ValidRows()};
}

Requests WithAlpha(double alpha) {
  return WithSpec([alpha](v1::TrainSpec& spec) { spec.set_alpha(alpha); });
}

Requests WithSamples(uint32_t samples) {
  return WithSpec(
      [samples](v1::TrainSpec& spec) { spec.mutable_latent_plan()->set_samples(samples); });
}

Requests WithParameters(const std::function<void(v1::Hyperparameters&)>& change) {
  return WithSpec([&](v1::TrainSpec& spec) { change(*spec.mutable_hyperparameters()); });
}

constexpr char kAlphas[] = "alpha, the significance, lies between 0 and 1 (exclusive), got ";

// The server itself sees what is wrong.
const RefusedTraining kRefusedByServer[] = {
    {"Nothing", {}, kInvalid, "no spec was sent; expected it as the first message"},
    {"RowsFirst", {ValidRows(), TinySpecOf("pump")}, kInvalid, "the first message has no spec"},
    {"SpecTwice", {TinySpecOf("pump"), TinySpecOf("pump")}, kInvalid, "the spec was sent twice"},
    {"SpecAfterRows",
     {TinySpecOf("pump"), ValidRows(), TinySpecOf("pump")},
     kInvalid,
     "the spec was sent twice"},
    {"EmptyMessage", {TinySpecOf("pump"), {}}, kInvalid, "a message has neither a spec nor rows"},
    {"NoRows", {TinySpecOf("pump")}, kInvalid, "no training rows were sent"},
    {"EmptyMatrix",
     {TinySpecOf("pump"), RowsOf({.values = {}, .columns = 3})},
     kInvalid,
     "the matrix is empty; expected at least one row"},
    {"NoColumns",
     {TinySpecOf("pump"), RowsOf({.values = {1, 2}, .columns = 0})},
     kInvalid,
     "the matrix has 0 columns; expected 1 to 65536"},
    {"BrokenRow",
     {TinySpecOf("pump"), RowsOf({.values = {1, 2}, .columns = 3})},
     kInvalid,
     "the matrix has 2 values, which is not a multiple of its 3 columns"},
    {"OtherColumns",
     {TinySpecOf("pump"), ValidRows(), RowsOf(RandomRows(3, 4, 1))},
     kInvalid,
     "the rows have 4 columns; the first chunk had 3"},
    {"TooFewNames",
     {TinySpecOf("pump"), RowsNamed({"a", "b"})},
     kInvalid,
     "the matrix has 2 feature names for 3 columns; expected one each, or none"},
    {"EmptyName", {TinySpecOf(""), ValidRows()}, kInvalid, kInvalidName},
    {"NameWithPath", {TinySpecOf("../x"), ValidRows()}, kInvalid, kInvalidName},
    {"NameWithSlash", {TinySpecOf("a/b"), ValidRows()}, kInvalid, kInvalidName},
    {"NameOfParent", {TinySpecOf(".."), ValidRows()}, kInvalid, kInvalidName},
    {"NameOfStaging", {TinySpecOf(".staging"), ValidRows()}, kInvalid, kInvalidName},
    {"NameWithNewline", {TinySpecOf("a\nb"), ValidRows()}, kInvalid, kInvalidName},
    {"NameWithUmlaut", {TinySpecOf("p\xc3\xbcmp"), ValidRows()}, kInvalid, kInvalidName},
    {"LongName", {TinySpecOf(std::string(300, 'a')), ValidRows()}, kInvalid, "(300 bytes)"},
    {"AlphaZero", WithAlpha(0), kInvalid, absl::StrCat(kAlphas, "0")},
    {"AlphaOne", WithAlpha(1), kInvalid, absl::StrCat(kAlphas, "1")},
    {"AlphaNegative", WithAlpha(-1), kInvalid, absl::StrCat(kAlphas, "-1")},
    {"AlphaNaN", WithAlpha(kNaN), kInvalid, absl::StrCat(kAlphas, "nan")},
    {"NoSamples", WithSamples(0), kInvalid, "a latent plan has 1 to 65536 samples, got 0"},
    {"AbsurdSamples", WithSamples(65'537), kInvalid,
     "a latent plan has 1 to 65536 samples, got 65537"},
    {"UnknownSampler", WithSpec([](v1::TrainSpec& spec) {
       spec.mutable_latent_plan()->set_sampler(static_cast<v1::Sampler>(9));
     }),
     kInvalid, "unknown sampler 9"},
    {"OversizedMessage",
     {TinySpecOf("pump"), RowsOf(RandomRows(10'000, 3, 1))},
     kExhausted,
     "larger than max"},
    {"TooManyRows",
     Requests{TinySpecOf("pump"), RowsOf(RandomRows(5000, 3, 1)), RowsOf(RandomRows(5000, 3, 1))},
     kExhausted, "the limit is 100000 bytes, 8333 rows of 3 columns"},
};

INSTANTIATE_TEST_SUITE_P(Server, RefusedTrainingTest, ::testing::ValuesIn(kRefusedByServer),
                         [](const auto& info) { return info.param.name; });

// The worker sees what is wrong.
const RefusedTraining kRefusedByWorker[] = {
    {"OneRow",
     {TinySpecOf("pump"), RowsOf(RandomRows(1, 3, 1))},
     kInvalid,
     "expected at least 2 training rows, got 1"},
    {"RowWithNaN",
     {TinySpecOf("pump"), RowsWith(7, 2, kNaN)},
     kInvalid,
     "training row 7, column 2: expected a finite value, got nan"},
    {"RowWithInfinity",
     {TinySpecOf("pump"), RowsWith(0, 1, -kInfinity)},
     kInvalid,
     "training row 0, column 1: expected a finite value, got -inf"},
    {"NamesThatRepeat",
     {TinySpecOf("pump"), RowsNamed({"a", "b", "a"})},
     kInvalid,
     "feature name 'a' appears more than once"},
    {"NoLatentSize", WithParameters([](auto& p) { p.set_latent_size(0); }), kInvalid,
     "hyper-parameter latent_size is 0, expected 1 to 4096"},
    {"AbsurdLatentSize", WithParameters([](auto& p) { p.set_latent_size(4'000'000'000); }),
     kInvalid, "hyper-parameter latent_size is 4000000000, expected 1 to 4096"},
    {"AbsurdPlan", WithSpec([](v1::TrainSpec& spec) {
       spec.mutable_hyperparameters()->set_latent_size(257);
       spec.mutable_latent_plan()->set_samples(65'536);
     }),
     kInvalid, "a latent plan has"},
    {"NoEpochs", WithParameters([](auto& p) { p.set_epochs(0); }), kInvalid,
     "hyper-parameter epochs is 0, expected 1 to 1000000"},
    {"LearningRateNaN", WithParameters([](auto& p) { p.set_learning_rate(kNaN); }), kInvalid,
     "hyper-parameter learning_rate is nan, expected above 0 and at most 1"},
    {"UnknownObjective",
     WithParameters([](auto& p) { p.set_objective(static_cast<v1::Objective>(9)); }), kInvalid,
     "hyper-parameter objective is 9, expected"},
};

INSTANTIATE_TEST_SUITE_P(Worker, RefusedTrainingTest, ::testing::ValuesIn(kRefusedByWorker),
                         [](const auto& info) { return info.param.name; });

TEST_F(JobErrorsTest, AStreamThatIsCutLeavesNoTraceAndTheModelFree) {
  CallContext context;
  const auto stream = server().detector().Train(&context);
  ASSERT_TRUE(stream->Write(TinySpecOf("pump")));
  ASSERT_TRUE(stream->Write(ValidRows()));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  ExpectNoTrace();
  EXPECT_TRUE(server().process().Children().empty());
  // The server frees the model once it has seen that the stream is cut.
  EXPECT_TRUE(Eventually([&] {
    const grpc::Status status = Train(server().detector(), {TinySpecOf("pump")}).status;
    return status.error_code() == kInvalid &&
           status.error_message().find("no training rows were sent") != std::string::npos;
  }));
}

TEST_F(JobErrorsTest, AModelTakesOneTrainingAtATimeAndAServerAsManyAsItMay) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  ASSERT_NO_FATAL_FAILURE(RestartServer({"--max_jobs=1"}));
  CallContext context;
  const auto first = server().detector().Train(&context);
  ASSERT_TRUE(first->Write(TinySpecOf("pump")));
  ASSERT_TRUE(Eventually([this] {
    v1::GetModelResponse model;
    return GetModel("pump", model).ok() && model.summary().training();
  }));

  EXPECT_THAT(Train(server().detector(), {TinySpecOf("pump"), ValidRows()}).status,
              RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                           HasSubstr("model \"pump\" has a running training")));
  CallContext other_context;
  const auto other = server().detector().Train(&other_context);
  other->Write(TinySpecOf("fan"));
  EXPECT_THAT(other->Finish(), RpcFailsWith(kExhausted, HasSubstr("retry later")));
  EXPECT_EQ(other_context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1);

  CallContext delete_context;
  v1::DeleteModelRequest delete_request;
  delete_request.set_model("pump");
  v1::DeleteModelResponse delete_response;
  EXPECT_THAT(
      server().registry().DeleteModel(&delete_context, delete_request, &delete_response),
      RpcFailsWith(
          grpc::StatusCode::FAILED_PRECONDITION,
          HasSubstr("model \"pump\" has a running training; wait for it to end, or cancel it")));
}

}  // namespace
}  // namespace advae::testing
