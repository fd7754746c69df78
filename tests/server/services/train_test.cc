// Train over a real connection, with the fake trainer, whose behaviour the model's name sets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ostream>
#include <vector>

#include "tests/server/services/service_test.h"
#include "tests/testing/small_table.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOkRpc;
using testing::PumpTable;
using testing::RandomRows;
using testing::RpcFailsWith;
using testing::ToProto;

using TrainStream = grpc::ClientReaderWriter<v1::TrainRequest, v1::TrainResponse>;

v1::TrainRequest SpecFor(const std::string& model) {
  v1::TrainRequest request;
  request.mutable_spec()->set_model(model);
  return request;
}

v1::TrainRequest Rows(size_t rows, size_t columns = 3) {
  v1::TrainRequest request;
  *request.mutable_rows() = ToProto(RandomRows(rows, columns, 1));
  return request;
}

v1::TrainRequest Table(uint32_t rows) {
  v1::TrainRequest request;
  *request.mutable_table() = PumpTable(rows);
  return request;
}

v1::TrainRequest Table(const v1::Table& table) {
  v1::TrainRequest request;
  *request.mutable_table() = table;
  return request;
}

class TrainTest : public testing::ServiceTest {
 protected:
  void SetUp() override {
    ServiceTest::SetUp();
    config_.max_training_bytes = 12'000;  // 1000 rows
    config_.jobs.max_memory_bytes = 150'000'000;
    config_.max_models_memory = 60'000'000;
    StartServer();
  }

  // Sends the messages, half-closes, and reads to the end.
  grpc::Status Train(const std::vector<v1::TrainRequest>& messages,
                     std::vector<v1::TrainResponse>* responses = nullptr) {
    grpc::ClientContext context;
    const auto stream = detector_->Train(&context);
    for (const v1::TrainRequest& message : messages) {
      if (!stream->Write(message)) break;
    }
    stream->WritesDone();
    v1::TrainResponse response;
    while (stream->Read(&response)) {
      if (responses != nullptr) responses->push_back(response);
    }
    return stream->Finish();
  }

  // Files that jobs have left behind.
  std::vector<std::filesystem::path> Leftovers() const {
    std::vector<std::filesystem::path> found;
    const auto staging = config_.repository / ".staging";
    if (!std::filesystem::exists(staging)) return found;
    for (const auto& entry : std::filesystem::directory_iterator(staging)) {
      found.push_back(entry.path());
    }
    return found;
  }
};

TEST_F(TrainTest, TellsOfTheTrainingAndServesTheVersion) {
  std::vector<v1::TrainResponse> responses;
  ASSERT_THAT(Train({SpecFor("pump"), Rows(30), Rows(12)}, &responses), IsOkRpc());
  ASSERT_EQ(responses.size(), 4);
  EXPECT_EQ(responses[0].accepted().rows(), 42);
  EXPECT_EQ(responses[0].accepted().columns(), 3);
  EXPECT_EQ(responses[1].progress().epoch(), 1);
  EXPECT_EQ(responses[2].progress().epoch(), 2);
  const v1::VersionInfo& version = responses[3].finished().version();
  EXPECT_EQ(version.model(), "pump");
  EXPECT_EQ(version.version(), 1);
  EXPECT_EQ(version.features_size(), 3);
  EXPECT_EQ(version.threshold_history_size(), 1);
  EXPECT_THAT(Leftovers(), IsEmpty());

  v1::ScoreRequest request;
  request.set_model("pump");
  *request.mutable_rows() = ToProto(RandomRows(1, 3, 1));
  v1::ScoreResponse response;
  grpc::ClientContext context;
  EXPECT_THAT(detector_->Score(&context, request, &response), IsOkRpc());
}

TEST_F(TrainTest, TakesATable) {
  v1::TrainRequest spec = SpecFor("pump");
  spec.mutable_spec()->set_strict(true);
  spec.mutable_spec()->add_columns()->set_name("flow");
  std::vector<v1::TrainResponse> responses;
  ASSERT_THAT(Train({spec, Table(30), Table(12)}, &responses), IsOkRpc());
  ASSERT_EQ(responses.size(), 4);
  EXPECT_EQ(responses[0].accepted().rows(), 42);
  EXPECT_EQ(responses[0].accepted().columns(), 5);
  EXPECT_EQ(responses[0].accepted().schema().columns_size(), 5);
  EXPECT_TRUE(responses[3].finished().version().has_schema());
  EXPECT_THAT(Leftovers(), IsEmpty());

  v1::ScoreRequest request;
  request.set_model("pump");
  *request.mutable_table() = PumpTable(7);
  v1::ScoreResponse response;
  grpc::ClientContext context;
  EXPECT_THAT(detector_->Score(&context, request, &response), IsOkRpc());
  EXPECT_EQ(response.scores_size(), 7);
}

TEST_F(TrainTest, TrainsVersionAfterVersion) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(Train({SpecFor("pump"), Rows(30 + i)}), IsOkRpc());
  }
  v1::GetModelRequest request;
  request.set_model("pump");
  v1::GetModelResponse model;
  grpc::ClientContext context;
  ASSERT_THAT(registry_->GetModel(&context, request, &model), IsOkRpc());
  EXPECT_EQ(model.summary().versions_size(), 3);
  EXPECT_FALSE(model.summary().training());
}

TEST_F(TrainTest, ACancelledTrainingFreesItsModel) {
  grpc::ClientContext context;
  const auto stream = detector_->Train(&context);
  stream->Write(SpecFor("started-1"));
  stream->Write(Rows(5));
  stream->WritesDone();
  v1::TrainResponse accepted;
  ASSERT_TRUE(stream->Read(&accepted));
  EXPECT_THAT(Train({SpecFor("started-1"), Rows(5)}),
              RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                           HasSubstr("model \"started-1\" has a running training")));
  v1::DeleteModelRequest request;
  request.set_model("started-1");
  v1::DeleteModelResponse response;
  grpc::ClientContext delete_context;
  EXPECT_THAT(registry_->DeleteModel(&delete_context, request, &response),
              RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION, HasSubstr("running training")));

  context.TryCancel();
  EXPECT_THAT(stream->Finish(), RpcFailsWith(grpc::StatusCode::CANCELLED, HasSubstr("")));
  server_.reset();  // returns only when the worker has ended
  EXPECT_THAT(Leftovers(), IsEmpty());
}

TEST_F(TrainTest, JobsAreLimited) {
  grpc::ClientContext contexts[2];
  std::vector<std::unique_ptr<TrainStream>> streams;
  for (const char* model : {"started-1", "started-2"}) {
    const size_t index = streams.size();
    TrainStream& stream = *streams.emplace_back(detector_->Train(&contexts[index]));
    stream.Write(SpecFor(model));
    stream.Write(Rows(5));
    stream.WritesDone();
    v1::TrainResponse accepted;
    ASSERT_TRUE(stream.Read(&accepted));
  }
  const grpc::Status third = Train({SpecFor("third"), Rows(5)});
  EXPECT_THAT(third, RpcFailsWith(grpc::StatusCode::RESOURCE_EXHAUSTED,
                                  HasSubstr("2 trainings or imports are running")));
  for (grpc::ClientContext& context : contexts) context.TryCancel();
  for (const auto& stream : streams) stream->Finish();
}

TEST_F(TrainTest, ServerStopEndsATraining) {
  config_.drain_timeout = absl::ZeroDuration();
  server_.reset();
  StartServer();
  grpc::ClientContext context;
  const auto stream = detector_->Train(&context);
  stream->Write(SpecFor("hang"));
  stream->Write(Rows(5));
  stream->WritesDone();
  server_.reset();
  EXPECT_FALSE(stream->Finish().ok());
  EXPECT_THAT(Leftovers(), IsEmpty());
}

struct BadTraining {
  std::string name;
  std::vector<v1::TrainRequest> messages;
  grpc::StatusCode code;
  std::string message;
};
void PrintTo(const BadTraining& bad, std::ostream* out) { *out << bad.name; }

class BadTrainTest : public TrainTest, public ::testing::WithParamInterface<BadTraining> {};

TEST_P(BadTrainTest, IsRefusedAndLeavesNothing) {
  // Twice: the first must not keep the model from being trained.
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Train(GetParam().messages),
                RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));
  }
  server_.reset();
  EXPECT_THAT(Leftovers(), IsEmpty());
}

v1::TrainRequest With(const std::function<void(v1::TrainSpec&)>& change) {
  v1::TrainRequest request = SpecFor("pump");
  change(*request.mutable_spec());
  return request;
}

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kExhausted = grpc::StatusCode::RESOURCE_EXHAUSTED;

v1::Table Changed(const std::function<void(v1::Table&)>& change) {
  v1::Table table = PumpTable(5);
  change(table);
  return table;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTrainTest,
    ::testing::Values(
        BadTraining{"Nothing", {}, kInvalid, "no spec was sent"},
        BadTraining{
            "EmptyMessage", {v1::TrainRequest()}, kInvalid, "the first message has no spec"},
        BadTraining{"RowsFirst", {Rows(5)}, kInvalid, "the first message has no spec"},
        BadTraining{
            "SpecTwice", {SpecFor("pump"), SpecFor("pump")}, kInvalid, "spec was sent twice"},
        BadTraining{"NoRows", {SpecFor("pump")}, kInvalid, "no training rows were sent"},
        BadTraining{"EmptyRows", {SpecFor("pump"), Rows(0)}, kInvalid, "the matrix is empty"},
        BadTraining{"OtherColumns",
                    {SpecFor("pump"), Rows(5), Rows(5, 4)},
                    kInvalid,
                    "4 columns; the first chunk had 3"},
        BadTraining{"TableAfterRows",
                    {SpecFor("pump"), Rows(5), Table(5)},
                    kInvalid,
                    "the messages have both rows and tables"},
        BadTraining{"RowsAfterTable",
                    {SpecFor("pump"), Table(5), Rows(5)},
                    kInvalid,
                    "the messages have both rows and tables"},
        BadTraining{"EmptyTable",
                    {SpecFor("pump"), Table(v1::Table())},
                    kInvalid,
                    "the table has 0 rows and 0 columns"},
        BadTraining{"BrokenTable",
                    {SpecFor("pump"),
                     Table(Changed([](auto& t) { t.mutable_columns(0)->set_floats("x"); }))},
                    kInvalid,
                    "\"flow\" have 1 bytes; expected 20"},
        BadTraining{"OtherTable",
                    {SpecFor("pump"), Table(5),
                     Table(Changed([](auto& t) { t.mutable_columns(0)->set_name("level"); }))},
                    kInvalid,
                    "column 0 is \"level\" (floats); in the first chunk it was \"flow\" (floats)"},
        BadTraining{"OtherOrder",
                    {SpecFor("pump"), Table(5),
                     Table(Changed([](auto& t) { t.mutable_columns()->SwapElements(0, 1); }))},
                    kInvalid,
                    "column 0 is \"on\" (bools)"},
        BadTraining{"SettingsWithRows",
                    {With([](auto& s) { s.add_columns()->set_name("flow"); }), Rows(5)},
                    kInvalid,
                    "the spec has columns, which is about tables, but the messages have rows"},
        BadTraining{"StrictWithRows",
                    {With([](auto& s) { s.set_strict(true); }), Rows(5)},
                    kInvalid,
                    "the spec has strict, which is about tables"},
        BadTraining{"MarksWithRows",
                    {With([](auto& s) { s.add_missing_marks("-999"); }), Rows(5)},
                    kInvalid,
                    "the spec has missing_marks, which is about tables"},
        BadTraining{"DecimalMarkWithRows",
                    {With([](auto& s) { s.set_decimal_mark(v1::DECIMAL_MARK_COMMA); }), Rows(5)},
                    kInvalid,
                    "the spec has decimal_mark, which is about tables"},
        BadTraining{"SettingWithoutName",
                    {With([](auto& s) { s.add_columns(); })},
                    kInvalid,
                    "a column setting has no name"},
        BadTraining{"TooLargeTable",
                    {SpecFor("pump"), Table(200), Table(200)},
                    kExhausted,
                    "too many training rows: the limit is 12000 bytes"},
        BadTraining{"TooManyRows",
                    {SpecFor("pump"), Rows(600), Rows(600)},
                    grpc::StatusCode::RESOURCE_EXHAUSTED,
                    "12000 bytes, 1000 rows"},
        BadTraining{"NoName", {SpecFor("")}, kInvalid, "model name"},
        BadTraining{"PathName", {SpecFor("../etc")}, kInvalid, "model name"},
        BadTraining{"LongColumnName",
                    {SpecFor("m"), Table(Changed([](auto& t) {
                       t.mutable_columns(0)->set_name(std::string(257, 'n'));
                     }))},
                    kInvalid,
                    "has 257 bytes; expected at most 256"},
        BadTraining{"LongName", {SpecFor(std::string(300, 'a'))}, kInvalid, "model name"},
        BadTraining{"Alpha", {With([](auto& s) { s.set_alpha(1); })}, kInvalid, "alpha"},
        BadTraining{"Samples",
                    {With([](auto& s) { s.mutable_latent_plan()->set_samples(0); })},
                    kInvalid,
                    "samples"},
        BadTraining{"Epochs",
                    {With([](auto& s) { s.mutable_hyperparameters()->set_epochs(2'000'000'000); })},
                    kInvalid,
                    "epochs is 2000000000"},
        BadTraining{"LatentSize",
                    {With([](auto& s) { s.mutable_hyperparameters()->set_latent_size(4097); })},
                    kInvalid,
                    "latent_size is 4097"},
        BadTraining{"LearningRate",
                    {With([](auto& s) { s.mutable_hyperparameters()->set_learning_rate(NAN); })},
                    kInvalid,
                    "learning_rate is nan"},
        BadTraining{"TrimmedShare",
                    {With([](auto& s) { s.set_trimmed_share(0.6); })},
                    kInvalid,
                    "trimmed_share is 0.6"},
        BadTraining{"TooWide",
                    {With([](auto& s) { s.mutable_hyperparameters()->set_hidden_size(8192); })},
                    kExhausted,
                    "lower hidden_size, which is 8192"},
        BadTraining{"TooWideForItsFeatures",
                    {With([](auto& s) { s.mutable_hyperparameters()->set_hidden_size(500); }),
                     Rows(1, 2900)},
                    kExhausted,
                    "the training would take"},
        BadTraining{"TooLargeToServe",
                    {With(
                        [](auto& s) {
                          s.mutable_hyperparameters()->set_hidden_size(1300);
                          s.mutable_hyperparameters()->set_ensemble_size(2);
                        })},
                    kExhausted,
                    "with this version, all serving versions would take"},
        BadTraining{"Refused", {SpecFor("refuse"), Rows(5)}, kInvalid, "not to my taste"},
        BadTraining{"Crashed",
                    {SpecFor("crash"), Rows(5)},
                    grpc::StatusCode::INTERNAL,
                    "Segmentation fault"},
        BadTraining{"Silent", {SpecFor("silent"), Rows(5)}, grpc::StatusCode::INTERNAL, "code 3"}),
    [](const auto& info) { return info.param.name; });

TEST_F(TrainTest, AServerWithoutTrainerSaysSo) {
  config_.jobs.trainer = folder_.path() / "no-trainer";
  server_.reset();
  StartServer();
  EXPECT_THAT(Train({SpecFor("pump"), Rows(5)}),
              RpcFailsWith(grpc::StatusCode::UNIMPLEMENTED, HasSubstr("only scores")));
}

}  // namespace
}  // namespace advae
