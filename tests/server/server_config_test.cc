#include "server/server_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "tests/testing/status_matchers.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

TEST(ServerConfigTest, DefaultsAreValidOnceThereIsARepository) {
  EXPECT_THAT(ServerConfig{.repository = "models"}.Validate(), IsOk());
}

TEST(ServerConfigTest, BudgetsAddUp) {
  const ServerConfig config{.max_models_memory = uint64_t{1} << 50,
                            .max_receive_bytes = uint64_t{1} << 50,
                            .max_call_bytes = 7};
  EXPECT_EQ(config.BudgetedMemory(), (uint64_t{1} << 51) + 7);
}

TEST(ServerConfigTest, ATotalIsSharedOut) {
  constexpr uint64_t kMebibyte = uint64_t{1} << 20;
  ServerConfig config{.repository = "models", .max_memory = 2048 * kMebibyte};
  config.ShareMemory();
  EXPECT_EQ(config.max_receive_bytes, 256 * kMebibyte);
  EXPECT_EQ(config.max_call_bytes, 512 * kMebibyte);
  EXPECT_EQ(config.max_models_memory, 1024 * kMebibyte);
  EXPECT_EQ(config.max_message_bytes, 64 * kMebibyte);
  EXPECT_THAT(config.Validate(), IsOk());

  config.max_memory = 80 * kMebibyte;
  config.ShareMemory();
  EXPECT_EQ(config.max_message_bytes, 10 * kMebibyte);

  config.max_memory = 64 * 1024 * kMebibyte;
  config.ShareMemory();
  EXPECT_EQ(config.max_receive_bytes, 1024 * kMebibyte);
  EXPECT_EQ(config.max_call_bytes, 1024 * kMebibyte);
  EXPECT_EQ(config.max_models_memory, 54 * 1024 * kMebibyte);
  EXPECT_THAT(config.Validate(), IsOk());
}

struct BadConfig {
  std::string name;
  std::function<void(ServerConfig&)> spoil;
  std::string message;
};
void PrintTo(const BadConfig& bad, std::ostream* out) { *out << bad.name; }

class BadConfigTest : public ::testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, IsRefused) {
  ServerConfig config{.repository = "models"};
  GetParam().spoil(config);
  EXPECT_THAT(config.Validate(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadConfigTest,
    ::testing::Values(
        BadConfig{"Repository", [](auto& c) { c.repository.clear(); }, "--repository is missing"},
        BadConfig{"SharesOfMemory",
                  [](auto& c) {
                    c.max_memory = 1000;
                    c.max_models_memory = c.max_receive_bytes = c.max_call_bytes = 1 << 20;
                  },
                  "are 3145728 bytes together; expected at most --max_memory, which is 1000"},
        BadConfig{"NoPort", [](auto& c) { c.listen = "localhost"; },
                  "--listen is \"localhost\"; expected HOST:PORT"},
        BadConfig{"Port", [](auto& c) { c.metrics_listen = "127.0.0.1:70000"; },
                  "--metrics_listen is \"127.0.0.1:70000\""},
        BadConfig{"Threads", [](auto& c) { c.scoring_threads = 0; },
                  "--scoring_threads is 0; expected 1 to 1024"},
        BadConfig{"BatchRows", [](auto& c) { c.batching.max_batch_rows = 0; },
                  "--max_batch_rows is 0"},
        BadConfig{"Delay", [](auto& c) { c.batching.max_batch_delay = -absl::Seconds(1); },
                  "--max_batch_delay is -1s; expected 0 to 10s"},
        BadConfig{"QueuedRows", [](auto& c) { c.batching.max_queued_rows = 0; },
                  "--max_queued_rows is 0"},
        BadConfig{"QueueWait", [](auto& c) { c.batching.max_queue_wait = absl::ZeroDuration(); },
                  "--max_queue_wait is 0; expected 1ms to 1h"},
        BadConfig{"RequestRows", [](auto& c) { c.batching.max_request_rows = 0; },
                  "--max_request_rows is 0"},
        BadConfig{"Message", [](auto& c) { c.max_message_bytes = 0; }, "--max_message_bytes is 0"},
        BadConfig{"Jobs", [](auto& c) { c.jobs.max_jobs = 0; }, "--max_jobs is 0"},
        BadConfig{"DrainDelay", [](auto& c) { c.drain_delay = -absl::Seconds(1); },
                  "--drain_delay is -1s; expected 0 to 1h"},
        BadConfig{"Drain", [](auto& c) { c.drain_timeout = absl::InfiniteDuration(); },
                  "--drain_timeout is inf; expected 0 to 1h"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae
