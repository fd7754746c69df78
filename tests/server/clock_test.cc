// What goes on as before while the wall clock is set back again and again.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "advae/v1/detector.grpc.pb.h"
#include "server/base/steady_alarm.h"
#include "server/base/steady_notification.h"
#include "server/exit_timer.h"
#include "server/log/log_writer.h"
#include "server/models/repository_poller.h"
#include "server/server.h"
#include "server/transport/listening_socket.h"
#include "server/transport/readiness_probe.h"
#include "tests/server/wall_clock.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using testing::IsOk;
using testing::RandomBundle;
using testing::WallClockThatGoesBack;

// Long enough that the clock is set back several times meanwhile.
constexpr absl::Duration kWait = absl::Milliseconds(50);
// What only a wait that has gone wrong takes.
constexpr absl::Duration kPatience = absl::Minutes(1);

// The test of the tests: the clock that the others are to be independent of.
TEST(ClockTest, AWaitByTheWallClockGoesWrong) {
  absl::Mutex mutex;
  absl::CondVar changed;
  SteadyNotification over;
  std::thread waits([&] {
    const WallClockThatGoesBack clock;
    absl::MutexLock lock(&mutex);
    changed.WaitWithTimeout(&mutex, kWait);
    over.Notify();
  });
  EXPECT_FALSE(over.WaitFor(10 * kWait));
  while (!over.WaitFor(kWait)) changed.Signal();
  waits.join();
}

TEST(ClockTest, ANotificationIsWaitedForAsLong) {
  const WallClockThatGoesBack clock;
  SteadyNotification notification;
  const absl::Time start = SteadyNow();
  EXPECT_FALSE(notification.WaitFor(kWait));
  EXPECT_GE(SteadyNow() - start, kWait);
}

TEST(ClockTest, AnAlarmGoesOff) {
  const WallClockThatGoesBack clock;
  SteadyNotification rang;
  AlarmThread thread;
  SteadyAlarm alarm(thread);
  alarm.Set(SteadyNow() + kWait, [&rang] { rang.Notify(); });
  EXPECT_TRUE(rang.WaitFor(kPatience));
}

TEST(ClockDeathTest, TheExitTimerEndsTheProcess) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        const WallClockThatGoesBack clock;
        ExitTimer timer(kWait);
        timer.Start();
        pause();
      },
      ::testing::ExitedWithCode(1), "not stopped in time");
}

TEST(ClockTest, TheLogIsNotWaitedForLonger) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  {
    LogWriter writer(ends[1], 1 << 20, [](uint64_t) { return std::string(); });
    for (int i = 0; i < 200; ++i) writer.Write(std::string(1000, 'a'));  // more than the pipe takes
    const WallClockThatGoesBack clock;
    EXPECT_FALSE(writer.Flush(kWait));
    close(ends[0]);  // has the rest refused
  }
  close(ends[1]);
}

TEST(ClockTest, TheRepositoryIsPolled) {
  const testing::TemporaryFolder folder;
  const Repository repository = *Repository::Open(folder.path());
  Metrics metrics;
  ModelTable table{repository, metrics};
  const WallClockThatGoesBack clock;
  const RepositoryPoller poller(table, kWait, {});
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    ASSERT_THAT(repository.Publish(*RandomBundle("a", seed)), IsOk());
    const absl::Time end = SteadyNow() + kPatience;
    while (!table.Find("a", seed).ok() && SteadyNow() < end) std::this_thread::yield();
    ASSERT_THAT(table.Find("a", seed), IsOk());
  }
}

TEST(ClockTest, AProbeHasNoAnswerWhenItsLimitHasPassed) {
  // The kernel takes the connection, and nobody answers.
  ASSERT_OK_AND_ASSIGN(const ListeningSockets silent, Listen("127.0.0.1:0"));
  const WallClockThatGoesBack clock;
  const absl::Time start = SteadyNow();
  std::optional<bool> answered;
  ProbeConnection connection;
  const ReadinessProbe probe(silent.own_address, {.interval = absl::Hours(1), .limit = kWait},
                             connection, [&answered](bool answer) { answered = answer; });
  EXPECT_EQ(answered, false);
  EXPECT_LT(SteadyNow() - start, kPatience);
}

TEST(ClockTest, AProbeSeesThatAServerHasGone) {
  const testing::TemporaryFolder folder;
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<Server> server,
                       Server::Start({.repository = folder.path() / "models",
                                      .listen = "127.0.0.1:0",
                                      .metrics_listen = "127.0.0.1:0"}));
  SteadyNotification up, down;
  const WallClockThatGoesBack clock;
  ProbeConnection connection;
  const ReadinessProbe probe(server->grpc_address(), {.interval = kWait, .limit = kPatience / 2},
                             connection,
                             [&up, &down](bool answer) { (answer ? up : down).Notify(); });
  EXPECT_TRUE(up.notified());
  server.reset();
  EXPECT_TRUE(down.WaitFor(kPatience));
}

// A server with a call that its client leaves open.
class OpenCallTest : public ::testing::Test {
 protected:
  void Start(ServerConfig config) {
    config.repository = folder_.path() / "models";
    config.listen = config.metrics_listen = "127.0.0.1:0";
    config.jobs.trainer = FAKE_TRAINER;
    ASSERT_OK_AND_ASSIGN(server_, Server::Start(config));
    stub_ = v1::AnomalyDetector::NewStub(
        grpc::CreateChannel(server_->grpc_address(), grpc::InsecureChannelCredentials()));
    call_ = stub_->Train(&context_);
    v1::TrainRequest request;
    request.mutable_spec()->set_model("pump");
    ASSERT_TRUE(call_->Write(request));
  }

  const testing::TemporaryFolder folder_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<v1::AnomalyDetector::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::TrainRequest, v1::TrainResponse>> call_;
};

TEST_F(OpenCallTest, ASilentUploadEnds) {
  const WallClockThatGoesBack clock;
  Start({.uploads = {.max_idle = absl::Milliseconds(100)}});
  v1::TrainResponse response;
  EXPECT_FALSE(call_->Read(&response));
  EXPECT_EQ(call_->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(OpenCallTest, ADrainEnds) {
  Start({.drain_timeout = absl::Milliseconds(100)});
  const WallClockThatGoesBack clock;
  const absl::Time start = SteadyNow();
  server_.reset();
  EXPECT_LT(SteadyNow() - start, kPatience);
  EXPECT_FALSE(call_->Finish().ok());
}

}  // namespace
}  // namespace advae
