// The log lines of a server: one for each change of state and each RPC that fails.

#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using Json = nlohmann::json;

class ServerLogTest : public ServerTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(Publish("pump")); }

  // A request for a model that does not exist.
  void FailToScore(const std::string& trace_parent = "") {
    CallContext context;
    if (!trace_parent.empty()) context.AddMetadata("traceparent", trace_parent);
    v1::ScoreRequest request = ScoreRequestOf("fan", RandomRows(1, 1, 1));
    request.set_version(3);
    v1::ScoreResponse response;
    ASSERT_EQ(server().detector().Score(&context, request, &response).error_code(),
              grpc::StatusCode::NOT_FOUND);
  }

  void ScorePump() {
    v1::ScoreResponse response;
    ASSERT_THAT(Score(ScoreRequestOf("pump", RandomRows(1, kRandomModelColumns, 1)), response),
                IsOkRpc());
  }

  // All lines of this event that the server has written, after its end.
  std::vector<Json> StopAndCollect(const std::string& event) {
    EXPECT_THAT(server().Stop(), IsOk());
    std::vector<Json> records;
    std::istringstream lines(server().process().errors());
    for (std::string line; std::getline(lines, line);) {
      Json record = Json::parse(line, nullptr, /*allow_exceptions=*/false);
      EXPECT_TRUE(record.is_object()) << line;
      if (record.value("event", "") == event) records.push_back(std::move(record));
    }
    return records;
  }
};

TEST_F(ServerLogTest, TellsAboutAFailedRpc) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--log_format=json"}));
  ASSERT_NO_FATAL_FAILURE(FailToScore("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  ASSERT_NO_FATAL_FAILURE(ScorePump());
  const std::vector<Json> records = StopAndCollect("rpc failed");
  ASSERT_EQ(records.size(), 1);
  const Json& record = records.front();
  EXPECT_EQ(record["level"], "info");
  EXPECT_EQ(record["method"], "/advae.v1.AnomalyDetector/Score");
  EXPECT_EQ(record["code"], "NOT_FOUND");
  EXPECT_EQ(record["message"], "there is no model \"fan\"");
  EXPECT_EQ(record["model"], "fan");
  EXPECT_EQ(record["version"], 3);
  EXPECT_EQ(record["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_TRUE(record["duration_seconds"].is_number()) << record;
  EXPECT_TRUE(record["peer"].get<std::string>().starts_with("ipv4:127.0.0.1:")) << record;
}

TEST_F(ServerLogTest, LeavesOutATraceThatIsNotValid) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--log_format=json"}));
  ASSERT_NO_FATAL_FAILURE(FailToScore("00-trace-01"));
  const std::vector<Json> records = StopAndCollect("rpc failed");
  ASSERT_EQ(records.size(), 1);
  EXPECT_FALSE(records.front().contains("trace_id"));
}

TEST_F(ServerLogTest, TellsAboutAStreamWhoseClientGoes) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  CallContext context;
  const auto stream = server().detector().ScoreStream(&context);
  v1::ScoreResponse response;
  ASSERT_TRUE(stream->Write(ScoreRequestOf("pump", RandomRows(1, kRandomModelColumns, 1))));
  ASSERT_TRUE(stream->Read(&response));
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(server().process().WaitForError(
                  "rpc failed method=/advae.v1.AnomalyDetector/ScoreStream code=CANCELLED"),
              IsOk());
  EXPECT_THAT(server().process().WaitForError("model=pump"), IsOk());
}

TEST_F(ServerLogTest, AFloodOfFailuresFloodsNothing) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--log_format=json"}));
  const absl::Time start = absl::Now();
  constexpr int kCalls = 200;
  for (int i = 0; i < kCalls; ++i) ASSERT_NO_FATAL_FAILURE(FailToScore());
  const auto seconds = static_cast<size_t>(absl::ToInt64Seconds(absl::Now() - start));
  // Ten for each second that has begun, and one that began before the first call.
  EXPECT_LE(StopAndCollect("rpc failed").size(), 10 * (seconds + 2));
}

TEST_F(ServerLogTest, AReaderThatStopsReadingStopsNoCall) {
  const std::string pipe = (folder() / "log").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  // Open for reading as well, but nobody reads.
  ASSERT_NO_FATAL_FAILURE(StartServer(
      {"--log_level=debug"}, {"/bin/sh", "-c", absl::StrCat("exec \"$0\" \"$@\" 2<>", pipe)}));
  v1::ScoreRequest request = ScoreRequestOf("", RandomRows(1, kRandomModelColumns, 1));
  request.set_model(std::string(64, '\1'));  // a long line, as each is escaped
  const auto dropped = [&] {
    for (int i = 0; i < 100; ++i) {
      v1::ScoreResponse response;
      if (Score(request, response).error_code() != grpc::StatusCode::INVALID_ARGUMENT) return false;
    }
    const auto page = server().Metrics();
    return page.ok() && page->Value("advae_log_lines_dropped_total").value_or(0) > 0;
  };
  EXPECT_TRUE(Eventually(dropped));
  ASSERT_NO_FATAL_FAILURE(ScorePump());
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, server().Stop());
  EXPECT_EQ(end, Exited(0));
}

TEST_F(ServerLogTest, SignalsChangeTheLevel) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--log_format=json"}));
  ASSERT_NO_FATAL_FAILURE(ScorePump());
  server().process().Signal(SIGUSR1);
  ASSERT_THAT(server().process().WaitForError("\"log_level\":\"debug\""), IsOk());
  ASSERT_NO_FATAL_FAILURE(ScorePump());
  server().process().Signal(SIGUSR2);
  ASSERT_THAT(server().process().WaitForError("\"log_level\":\"info\""), IsOk());
  server().process().Signal(SIGUSR2);
  ASSERT_THAT(server().process().WaitForError("\"log_level\":\"warning\""), IsOk());
  ASSERT_NO_FATAL_FAILURE(FailToScore());  // of level info
  const std::vector<Json> records = StopAndCollect("rpc ended");
  ASSERT_EQ(records.size(), 1);
  EXPECT_EQ(records.front()["level"], "debug");
  EXPECT_EQ(records.front()["code"], "OK");
  EXPECT_EQ(server().process().errors().find("rpc failed"), std::string::npos);
}

TEST_F(ServerLogTest, TellsAboutEachChangeOfState) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
  ASSERT_NO_FATAL_FAILURE(StartServer());
  v1::DeleteVersionRequest request;
  request.set_model("pump");
  request.set_version(1);
  CallContext context;
  v1::DeleteVersionResponse response;
  ASSERT_THAT(server().registry().DeleteVersion(&context, request, &response), IsOkRpc());
  v1::DeleteModelRequest model;
  model.set_model("pump");
  CallContext another;
  v1::DeleteModelResponse deleted;
  ASSERT_THAT(server().registry().DeleteModel(&another, model, &deleted), IsOkRpc());
  const std::string addresses =
      absl::StrCat("grpc=", server().address(), " metrics=", server().metrics_address());
  ASSERT_THAT(server().Stop(), IsOk());
  for (const std::string& line :
       {std::string("info starting version="),
        std::string("info version loaded model=pump version=1"),
        std::string("info version serves model=pump version=2"), "info serving " + addresses,
        std::string("info version gone model=pump version=1"),
        std::string("info model gone model=pump"), std::string("info stopping signal=SIGTERM"),
        std::string("info stopped")}) {
    EXPECT_THAT(server().process().errors(), ::testing::HasSubstr(line));
  }
}

}  // namespace
}  // namespace advae::testing
