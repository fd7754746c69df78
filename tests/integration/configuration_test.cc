// What a server can be told by flags, environment variables and flag files, and what it refuses.

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using Environment = std::vector<std::pair<std::string, std::string>>;

class ConfigurationTest : public ServerTest {
 protected:
  // A server that has started, with these flags and variables.
  std::unique_ptr<Process> StartWith(std::vector<std::string> flags, Environment environment) {
    const std::vector<std::string> loopback = LoopbackFlags(repository());
    flags.insert(flags.begin(), loopback.begin(), loopback.end());
    auto process = Process::Start({.program = ADVAE_SERVER_PROGRAM,
                                   .arguments = std::move(flags),
                                   .environment = std::move(environment)});
    EXPECT_THAT(process, IsOk());
    if (!process.ok()) return nullptr;
    const auto line = (*process)->ReadLine();
    EXPECT_THAT(line, IsOk());
    EXPECT_THAT(line.ok() ? line->value_or("") : "", StartsWith("listening"))
        << (*process)->errors();
    return *std::move(process);
  }

  // The value of --max_batch_rows that a server logs as in use.
  void ExpectBatchRows(int expected, std::vector<std::string> flags, Environment environment) {
    const auto process = StartWith(std::move(flags), std::move(environment));
    ASSERT_NE(process, nullptr);
    EXPECT_THAT(process->WaitForError(absl::StrCat("--max_batch_rows=", expected, " ")), IsOk());
  }
};

TEST_F(ConfigurationTest, FlagsWinOverFilesAndFilesOverTheEnvironment) {
  const std::filesystem::path file = folder() / "flags";
  std::ofstream(file) << "--max_batch_rows=6\n";
  const std::string flag_file = absl::StrCat("--flagfile=", file.string());
  const Environment environment = {{"ADVAE_MAX_BATCH_ROWS", "5"}};
  ExpectBatchRows(64, {}, {});
  ExpectBatchRows(5, {}, environment);
  ExpectBatchRows(6, {flag_file}, environment);
  ExpectBatchRows(7, {flag_file, "--max_batch_rows=7"}, environment);
  ExpectBatchRows(8, {flag_file, "--max-batch-rows=8"}, environment);
}

TEST_F(ConfigurationTest, FlagsMayHaveHyphensAndTheLastOneCounts) {
  ExpectBatchRows(8, {"--max_batch_rows=7", "--max-batch-rows", "8"}, {});
}

TEST_F(ConfigurationTest, FlagFilesMayHaveCommentsAndNothingElseButFlags) {
  const std::filesystem::path file = folder() / "flags";
  const std::string flag_file = absl::StrCat("--flagfile=", file.string());
  std::ofstream(file) << "# small\n\n  --max-batch-rows=6  \n";
  ExpectBatchRows(6, {flag_file}, {});
  for (const auto& [text, message] :
       {std::pair("--max_batch_rows 6\n", "\"--max_batch_rows 6\" is not of the form --name=value"),
        std::pair("--max_batch_row=6\n", "\"--max_batch_row\" is not a flag")}) {
    std::ofstream(file) << text;
    std::vector<std::string> arguments = LoopbackFlags(repository());
    arguments.push_back(flag_file);
    ASSERT_OK_AND_ASSIGN(auto process,
                         Process::Start({.program = ADVAE_SERVER_PROGRAM, .arguments = arguments}));
    ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
    EXPECT_EQ(end, Exited(1));
    EXPECT_THAT(process->errors(), HasSubstr(message));
  }
}

TEST_F(ConfigurationTest, TakesEverythingFromTheEnvironment) {
  ASSERT_OK_AND_ASSIGN(auto process,
                       Process::Start({.program = ADVAE_SERVER_PROGRAM,
                                       .environment = {{"ADVAE_REPOSITORY", repository().string()},
                                                       {"ADVAE_LISTEN", "127.0.0.1:0"},
                                                       {"ADVAE_METRICS_LISTEN", "127.0.0.1:0"}}}));
  ASSERT_OK_AND_ASSIGN(const std::optional<std::string> line, process->ReadLine());
  EXPECT_THAT(line.value_or(""), StartsWith("listening grpc=127.0.0.1:")) << process->errors();
}

TEST_F(ConfigurationTest, LogsAsJson) {
  const auto process = StartWith({"--log_format=json"}, {});
  ASSERT_NE(process, nullptr);
  process->Signal(SIGTERM);
  ASSERT_THAT(process->Wait(), IsOk());
  std::istringstream lines(process->errors());
  std::vector<std::string> events;
  for (std::string line; std::getline(lines, line);) {
    const auto record = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(record.is_object()) << line;
    events.push_back(record.value("event", ""));
  }
  EXPECT_THAT(events, ::testing::IsSupersetOf({"starting", "stopping", "stopped"}));
}

TEST_F(ConfigurationTest, LogsOnlyFromItsLevelOn) {
  const auto process = StartWith({"--log_level=error"}, {});
  ASSERT_NE(process, nullptr);
  process->Signal(SIGTERM);
  ASSERT_THAT(process->Wait(), IsOk());
  EXPECT_EQ(process->errors(), "");
}

TEST_F(ConfigurationTest, HelpsAlsoWhereTheEnvironmentIsWrong) {
  ASSERT_OK_AND_ASSIGN(auto process, Process::Start({.program = ADVAE_SERVER_PROGRAM,
                                                     .arguments = {"--help"},
                                                     .environment = {{"ADVAE_MAX_JOBS", "many"}}}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
  EXPECT_EQ(end, Exited(0));
  EXPECT_THAT(process->output(), StartsWith("Usage: advae-server --repository=DIR"));
  EXPECT_THAT(process->output(), HasSubstr("; default: 127.0.0.1:50051\n"));
  EXPECT_EQ(process->errors(), "");
}

TEST_F(ConfigurationTest, TellsItsVersion) {
  ASSERT_OK_AND_ASSIGN(
      auto process, Process::Start({.program = ADVAE_SERVER_PROGRAM, .arguments = {"--version"}}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
  EXPECT_EQ(end, Exited(0));
  EXPECT_THAT(process->output(), StartsWith("advae-server "));
}

// Flags that the server refuses.
struct RefusedCase {
  const char* name;
  std::vector<std::string> flags;  // after those for a repository and free ports
  const char* message;
};

void PrintTo(const RefusedCase& refused, std::ostream* out) { *out << refused.name; }

class RefusedConfigurationTest : public ConfigurationTest,
                                 public ::testing::WithParamInterface<RefusedCase> {};

TEST_P(RefusedConfigurationTest, EndsWithAMessage) {
  std::vector<std::string> arguments = LoopbackFlags(repository());
  arguments.insert(arguments.end(), GetParam().flags.begin(), GetParam().flags.end());
  ASSERT_OK_AND_ASSIGN(auto process,
                       Process::Start({.program = ADVAE_SERVER_PROGRAM, .arguments = arguments}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
  EXPECT_EQ(end, Exited(1));
  EXPECT_THAT(process->errors(), HasSubstr(GetParam().message));
  EXPECT_EQ(process->output(), "");
}

const RefusedCase kRefusedCases[] = {
    {"NoRepository", {"--repository="}, "--repository is missing; expected the folder"},
    {"ListenWithoutPort",
     {"--listen=localhost"},
     "--listen is \"localhost\"; expected HOST:PORT with a port of 0 to 65535"},
    {"ListenOnAbsurdPort", {"--listen=localhost:65536"}, "--listen is \"localhost:65536\""},
    {"ListenOnForeignAddress",
     {"--listen=192.0.2.1:0"},
     "cannot listen for gRPC on 192.0.2.1:0; is it an address of this machine"},
    {"MetricsWithoutHost", {"--metrics_listen=:9464"}, "--metrics_listen is \":9464\""},
    {"MetricsOnForeignAddress",
     {"--metrics_listen=192.0.2.1:0"},
     "cannot listen for metrics on 192.0.2.1:0; is it an address of this machine"},
    {"NoScoringThreads", {"--scoring_threads=0"}, "--scoring_threads is 0; expected 1 to 1024"},
    {"AbsurdScoringThreads",
     {"--scoring_threads=4294967295"},
     "--scoring_threads is 4294967295; expected 1 to 1024"},
    {"NoBatchRows", {"--max_batch_rows=0"}, "--max_batch_rows is 0; expected 1 to 1000000"},
    {"NegativeDelay", {"--max_batch_delay=-1ms"}, "--max_batch_delay is -1ms; expected 0 to 10s"},
    {"EndlessDelay", {"--max_batch_delay=inf"}, "--max_batch_delay is inf; expected 0 to 10s"},
    {"DelayWithoutUnit",
     {"--max_batch_delay=5"},
     "--max_batch_delay is \"5\"; expected a duration with a unit, such as 90s, of 0 to 10s"},
    {"NoQueuedRows", {"--max_queued_rows=0"}, "--max_queued_rows is 0; expected 1 to 1000000000"},
    {"NoQueueWait", {"--max_queue_wait=0"}, "--max_queue_wait is 0; expected 1ms to 1h"},
    {"NoRequestRows",
     {"--max_request_rows=0"},
     "--max_request_rows is 0; expected 1 to 1000000000"},
    {"TinyMessages",
     {"--max_message_bytes=1023"},
     "--max_message_bytes is 1023; expected 1024 to 2147483647"},
    {"HugeMessages",
     {"--max_message_bytes=4294967295"},
     "--max_message_bytes is 4294967295; expected 1024 to 2147483647"},
    {"TinyTrainings", {"--max_training_bytes=1"}, "--max_training_bytes is 1; expected 1024 to"},
    {"TinyReceiveMemory",
     {"--max_receive_bytes=1"},
     "--max_receive_bytes is 1; expected 1048576 to"},
    {"NoJobs", {"--max_jobs=0"}, "--max_jobs is 0; expected 1 to 1024"},
    {"NoTrainerThreads", {"--trainer_threads=0"}, "--trainer_threads is 0; expected 1 to 1024"},
    {"HastyPolling",
     {"--repository_poll_interval=1ms"},
     "--repository_poll_interval is 1ms; expected 10ms to 24h"},
    {"EndlessDrain", {"--drain_timeout=2h"}, "--drain_timeout is 2h; expected 0 to 1h"},
    {"UnknownLogLevel",
     {"--log_level=loud"},
     "log level \"loud\" is unknown; expected debug, info, warning or error"},
    {"UnknownLogFormat",
     {"--log_format=xml"},
     "log format \"xml\" is unknown; expected text or json"},
    {"UnknownFlag", {"--no_such_flag=1"}, "\"--no_such_flag\" is not a flag"},
    {"NoNumber",
     {"--max_jobs=many"},
     "--max_jobs is \"many\"; expected a whole number of 1 to 1024"},
    {"NegativeCount",
     {"--max_batch_rows=-1"},
     "--max_batch_rows is \"-1\"; expected a whole number"},
    {"NoValue", {"--max_jobs"}, "--max_jobs needs a value"},
    {"WordWithoutDashes", {"serve"}, "\"serve\" is not a flag; flags have the form --name=value"},
    {"MissingFlagFile", {"--flagfile=/no/such/file"}, "/no/such/file"},
};

INSTANTIATE_TEST_SUITE_P(Flags, RefusedConfigurationTest, ::testing::ValuesIn(kRefusedCases),
                         [](const auto& info) { return info.param.name; });

TEST_F(ConfigurationTest, RefusesAVariableThatDoesNotParse) {
  ASSERT_OK_AND_ASSIGN(auto process, Process::Start({.program = ADVAE_SERVER_PROGRAM,
                                                     .arguments = LoopbackFlags(repository()),
                                                     .environment = {{"ADVAE_MAX_JOBS", "many"}}}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
  EXPECT_EQ(end, Exited(1));
  EXPECT_THAT(process->errors(), HasSubstr("environment variable ADVAE_MAX_JOBS is \"many\""));
}

TEST_F(ConfigurationTest, RefusesAMisspeltVariable) {
  for (const auto& [name, meant] :
       {std::pair("ADVAE_TOKEN", "ADVAE_TOKENS"), std::pair("ADVAE_READONLY", "ADVAE_READ_ONLY"),
        std::pair("ADVAE_TLS_CERTS", "ADVAE_TLS_CERT")}) {
    ASSERT_OK_AND_ASSIGN(auto process, Process::Start({.program = ADVAE_SERVER_PROGRAM,
                                                       .arguments = LoopbackFlags(repository()),
                                                       .environment = {{name, "true"}}}));
    ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
    EXPECT_EQ(end, Exited(1));
    EXPECT_THAT(process->errors(),
                HasSubstr(absl::StrCat("environment variable ", name,
                                       " is none of the server's; expected ", meant)));
  }
}

// Of the command, and of Kubernetes for a service that is called advae.
TEST_F(ConfigurationTest, TakesNoNoticeOfVariablesOfOthers) {
  std::vector<std::string> arguments = LoopbackFlags(repository());
  arguments.emplace_back("--max_jobs=many");  // which is looked at after the variables
  ASSERT_OK_AND_ASSIGN(auto process,
                       Process::Start({.program = ADVAE_SERVER_PROGRAM,
                                       .arguments = arguments,
                                       .environment = {{"ADVAE_SERVER", "localhost:1"},
                                                       {"ADVAE_TLS_CA", "/ca.pem"},
                                                       {"ADVAE_TOKEN_FILE", "/token"},
                                                       {"ADVAE_PORT", "tcp://10.0.0.1:50051"},
                                                       {"ADVAE_PORT_50051_TCP_ADDR", "10.0.0.1"},
                                                       {"ADVAE_SERVICE_HOST", "10.0.0.1"}}}));
  ASSERT_OK_AND_ASSIGN(const ProcessEnd end, process->Wait());
  EXPECT_EQ(end, Exited(1));
  EXPECT_THAT(process->errors(), HasSubstr("--max_jobs is \"many\""));
}

}  // namespace
}  // namespace advae::testing
