// What connections may take, and that the server outlives those who take all of it.

#include <grpcpp/create_channel.h>

#include <deque>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"
#include "tests/testing/loopback_socket.h"

namespace advae::testing {
namespace {

class ConnectionsTest : public ServerTest {
 protected:
  bool Becomes(const std::string& series, double expected) {
    return Eventually([&] {
      const auto page = server().Metrics();
      return page.ok() && page->Value(series) == expected;
    });
  }

  // Over a connection of its own.
  grpc::Status CheckHealth() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel = grpc::CreateCustomChannel(server().address(),
                                                   grpc::InsecureChannelCredentials(), arguments);
    CallContext context;
    grpc::health::v1::HealthCheckResponse response;
    return grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &response);
  }

  int64_t PeakMemoryBytes() {
    std::ifstream file(absl::StrCat("/proc/", server().process().pid(), "/status"));
    for (std::string word; file >> word;) {
      int64_t kibibytes = 0;
      if (word == "VmHWM:" && file >> kibibytes) return kibibytes << 10;
    }
    return 0;
  }
};

TEST_F(ConnectionsTest, ServesAgainAfterAllDescriptorsWereTaken) {
  ASSERT_NO_FATAL_FAILURE(
      StartServer({"--max_jobs=1"}, {"/bin/sh", "-c", "ulimit -n 160; exec \"$@\"", "sh"}));
  EXPECT_TRUE(Becomes("advae_ready", 1));
  {
    std::deque<LoopbackSocket> idle;
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(idle.emplace_back(server().address()).connected());
    EXPECT_TRUE(Becomes("advae_ready", 0)) << "while no new connection is answered";
    ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
    EXPECT_EQ(page.Value("advae_connections"), page.Value("advae_connection_limit"));
    EXPECT_GT(page.Value("advae_connections_refused_total"), 0);
    EXPECT_LT(page.Value("process_open_fds"), 160);
  }
  EXPECT_TRUE(Becomes("advae_ready", 1));
  EXPECT_THAT(CheckHealth(), IsOkRpc());
}

TEST_F(ConnectionsTest, RaisesTheLimitOfDescriptors) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--max_connections=400"},
                                      {"/bin/sh", "-c", "ulimit -S -n 160; exec \"$@\"", "sh"}));
  ASSERT_OK_AND_ASSIGN(const MetricsPage page, server().Metrics());
  EXPECT_GT(page.Value("process_max_fds"), 160);
  EXPECT_EQ(page.Value("advae_connection_limit"), 400);
}

TEST_F(ConnectionsTest, LeaveRoomForThoseOfTheHttpPort) {
  const std::vector<std::string> few = {"/bin/sh", "-c", "ulimit -n 600; exec \"$@\"", "sh"};
  std::optional<double> without;
  for (const bool http : {false, true}) {
    std::vector<std::string> flags = {"--max_connections=1000"};
    if (http) flags.emplace_back("--http_listen=127.0.0.1:0");
    ASSERT_OK_AND_ASSIGN(const auto own, ServerProcess::Start(repository(), flags, few));
    ASSERT_OK_AND_ASSIGN(const MetricsPage page, own->Metrics());
    if (!http) without = page.Value("advae_connection_limit");
    EXPECT_EQ(page.Value("advae_connection_limit"), *without - (http ? 256 : 0));
  }
}

TEST_F(ConnectionsTest, DoesNotStartWithTooFewDescriptors) {
  const auto server =
      ServerProcess::Start(repository(), {}, {"/bin/sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"});
  EXPECT_THAT(server.status().message(), ::testing::HasSubstr("may open 64 descriptors"));
}

// HTTP/2 whose settings are never acknowledged, as no gRPC library sends it: gRPC 1.51 does not
// hold such a client to --max_streams.
class Http2Flood {
 public:
  explicit Http2Flood(const std::string& address) : socket_(address) {
    socket_.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    socket_.Send(Frame(kSettings, 0, 0, ""));
  }

  // Opens a call and leaves it open.
  void Open() {
    constexpr char kEndHeaders = 4;
    socket_.Send(Frame(kHeaders, kEndHeaders, next_stream_,
                       Field(":method", "POST") + Field(":scheme", "http") +
                           Field(":path", "/advae.v1.AnomalyDetector/ScoreStream") +
                           Field(":authority", "a") + Field("te", "trailers") +
                           Field("content-type", "application/grpc")));
    next_stream_ += 2;
  }
  void ReadAll() { socket_.ReadAll(); }

 private:
  static constexpr char kHeaders = 1;
  static constexpr char kSettings = 4;

  static std::string Frame(char type, char flags, uint32_t stream, const std::string& payload) {
    const auto size = static_cast<char>(payload.size());  // below 256
    const std::string number = {0, 0, static_cast<char>(stream >> 8), static_cast<char>(stream)};
    return std::string({0, 0, size, type, flags}) + number + payload;
  }
  // A literal that is not indexed; the texts are short.
  static std::string Field(const std::string& name, const std::string& value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + name +
           static_cast<char>(value.size()) + value;
  }

  LoopbackSocket socket_;
  uint32_t next_stream_ = 1;
};

TEST_F(ConnectionsTest, CutsAClientThatOpensMoreCallsThanTheServerAllows) {
  ASSERT_NO_FATAL_FAILURE(StartServer({"--max_streams=10"}));
  Http2Flood flood(server().address());
  for (int i = 0; i < 41; ++i) flood.Open();
  flood.ReadAll();  // until the server has cut it
  EXPECT_TRUE(Becomes("advae_connections_cut_total", 1));
  EXPECT_THAT(CheckHealth(), IsOkRpc());
}

TEST_F(ConnectionsTest, RefusesCompressedMessagesBeforeTheyAreInflated) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  ASSERT_NO_FATAL_FAILURE(Publish("pump"));
  const int64_t before = PeakMemoryBytes();
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    CallContext context;
    context.set_compression_algorithm(algorithm);
    v1::ScoreRequest request;
    request.set_model(std::string(60 << 20, 'a'));
    v1::ScoreResponse response;
    EXPECT_EQ(server().detector().Score(&context, request, &response).error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
  }
  EXPECT_LT(PeakMemoryBytes() - before, 20 << 20);
}

TEST_F(ConnectionsTest, ScrapesWhileOthersHoldTheMetricsPort) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  std::deque<LoopbackSocket> idle;
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(idle.emplace_back(server().metrics_address()).connected());
  EXPECT_TRUE(Becomes("advae_ready", 1));
}

}  // namespace
}  // namespace advae::testing
