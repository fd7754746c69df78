// What a job that has published its version comes to: never to a failure.

#include "server/jobs/job_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>
#include <pthread.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/synchronization/notification.h"
#include "server/base/private_paths.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using testing::StatusIs;

class JobRunnerTest : public ::testing::Test {
 protected:
  JobRunnerTest() { EXPECT_THAT(table_.Sync(), IsOk()); }
  ~JobRunnerTest() override { std::filesystem::remove_all(root_.string() + ".away"); }

  // Starts a training that does what the fake trainer does for the model's name.
  void Start(const std::string& model) {
    v1::Job job;
    job.mutable_train()->set_model(model);
    job.mutable_rows()->set_rows(20);
    auto slot = runner_.Reserve(model, JobKind::kTraining);
    ASSERT_THAT(slot, IsOk());
    ASSERT_THAT(runner_.Start(*std::move(slot), std::move(job), cancellation_, Callbacks()),
                IsOk());
  }
  JobRunner::Callbacks Callbacks() {
    return {.on_event = [this](const v1::JobEvent& event) { on_event_(event); },
            .on_done =
                [this](absl::StatusOr<v1::VersionInfo> version) {
                  result_ = std::move(version);
                  done_.Notify();
                }};
  }
  absl::StatusOr<v1::VersionInfo> Result() {
    done_.WaitForNotification();
    return *result_;
  }
  bool IsPublished(const std::string& model) {
    const auto listed = repository_.ListModel(model);
    return listed.ok() && !listed->versions.empty();
  }
  std::string Exported() {
    return prometheus::TextSerializer().Serialize(metrics_.registry()->Collect());
  }

  testing::TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_.path() / "models";
  const Repository repository_ = *Repository::Open(root_);
  Metrics metrics_;
  ModelTable table_{repository_, metrics_};
  std::shared_ptr<JobCancellation> cancellation_ =
      std::make_shared<JobCancellation>(*JobCancellation::Create());
  std::function<void(const v1::JobEvent&)> on_event_ = [](const v1::JobEvent&) {};
  absl::Notification done_;
  std::optional<absl::StatusOr<v1::VersionInfo>> result_;
  JobRunner runner_{{.trainer = FAKE_TRAINER}, table_, metrics_};
};

TEST_F(JobRunnerTest, ALoadedVersionHasNoWarning) {
  Start("pump");
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Result());
  EXPECT_EQ(version.version(), 1);
  EXPECT_EQ(version.warnings_size(), 0);
  EXPECT_EQ(version.features_size(), 3);
}

TEST_F(JobRunnerTest, AWorkerThatDiesAfterItHasPublishedHasSucceeded) {
  Start("published-crash");
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Result());
  EXPECT_EQ(version.version(), 1);
  EXPECT_THAT(version.warnings(), ElementsAre(HasSubstr("killed by signal 9")));
  EXPECT_THAT(table_.Find("published-crash", 1), IsOk());
  EXPECT_THAT(Exported(), HasSubstr("advae_jobs_total{kind=\"training\",outcome=\"succeeded\"} 1"));
}

TEST_F(JobRunnerTest, AWorkerThatFailsAfterItHasPublishedHasSucceeded) {
  Start("published-fail");
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Result());
  EXPECT_THAT(version.warnings(), ElementsAre(HasSubstr("the disk has gone")));
}

TEST_F(JobRunnerTest, ACancellationAfterThePublicationComesTooLate) {
  Start("published-hang");
  while (!IsPublished("published-hang")) std::this_thread::yield();
  cancellation_->Cancel();
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Result());
  EXPECT_EQ(version.version(), 1);
  EXPECT_THAT(version.warnings(), ElementsAre(HasSubstr("cancelled")));
  EXPECT_THAT(table_.Find("published-hang", 1), IsOk());
}

// However the two race: cancelled and no version, or a version and success.
TEST_F(JobRunnerTest, ACancellationHasOneOutcome) {
  std::thread canceller([this] { cancellation_->Cancel(); });
  Start("pump");
  const absl::StatusOr<v1::VersionInfo> version = Result();
  canceller.join();
  EXPECT_EQ(version.ok(), IsPublished("pump")) << version.status();
  EXPECT_EQ(absl::IsCancelled(version.status()), !version.ok()) << version.status();
}

TEST_F(JobRunnerTest, AVersionThatCannotBeLoadedIsPublishedAllTheSame) {
  Start("published-damage");
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Result());
  EXPECT_EQ(version.version(), 1);
  EXPECT_THAT(version.warnings(), ElementsAre(HasSubstr("has not loaded it yet")));
}

TEST_F(JobRunnerTest, ARepositoryThatGoesAfterThePublicationIsNoFailure) {
  AddPrivatePath(root_);
  Start("published-unmount");
  ASSERT_OK_AND_ASSIGN(const v1::VersionInfo version, Result());
  EXPECT_THAT(version.warnings(),
              ElementsAre(AllOf(HasSubstr("has not loaded it yet"), HasSubstr("not mounted"),
                                Not(HasSubstr(root_.string())))));
}

TEST_F(JobRunnerTest, TellsOfJobsFromTheirSlotToTheirEnd) {
  EXPECT_THAT(runner_.Jobs(), IsEmpty());
  auto slot = runner_.Reserve("other", JobKind::kImport);
  ASSERT_THAT(slot, IsOk());
  ASSERT_EQ(runner_.Jobs().size(), 1);
  EXPECT_EQ(runner_.Jobs()[0].kind, JobKind::kImport);
  EXPECT_FALSE(runner_.Jobs()[0].is_running);
  EXPECT_FALSE(runner_.Jobs()[0].progress.has_value());
  slot->reset();
  EXPECT_THAT(runner_.Jobs(), IsEmpty());

  std::vector<JobState> seen;
  on_event_ = [&](const v1::JobEvent& event) {
    if (event.has_progress()) seen = runner_.Jobs();
  };
  Start("pump");
  ASSERT_THAT(Result(), IsOk());
  ASSERT_EQ(seen.size(), 1);
  EXPECT_EQ(seen[0].model, "pump");
  EXPECT_TRUE(seen[0].is_running);
  ASSERT_TRUE(seen[0].progress.has_value());
  EXPECT_EQ(seen[0].progress->epoch(), 2);
  EXPECT_EQ(seen[0].progress->epochs(), 2);
  EXPECT_THAT(runner_.Jobs(), IsEmpty());
}

TEST_F(JobRunnerTest, ADeletionKeepsJobsOfItsModelAway) {
  ASSERT_OK_AND_ASSIGN(auto deletion, runner_.ReserveForDeletion("pump"));
  EXPECT_THAT(runner_.Reserve("pump", JobKind::kTraining),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("a running deletion")));
  EXPECT_FALSE(runner_.IsBusy("pump"));
  EXPECT_THAT(runner_.Jobs(), IsEmpty());
  {
    // It is none of the two jobs that there may be.
    ASSERT_OK_AND_ASSIGN(const auto first, runner_.Reserve("fan", JobKind::kTraining));
    ASSERT_OK_AND_ASSIGN(const auto second, runner_.Reserve("belt", JobKind::kImport));
    EXPECT_THAT(runner_.ReserveForDeletion("fan"),
                StatusIs(absl::StatusCode::kFailedPrecondition,
                         HasSubstr("a running training; wait for it to end, or cancel it")));
    EXPECT_THAT(runner_.ReserveForDeletion("other"), IsOk());
  }
  deletion.reset();
  EXPECT_THAT(runner_.Reserve("pump", JobKind::kTraining), IsOk());
}

TEST_F(JobRunnerTest, AJobThatGetsNoThreadIsRefusedAndFreesItsModel) {
  ASSERT_OK_AND_ASSIGN(auto slot, runner_.Reserve("pump", JobKind::kTraining));
  pthread_attr_t usual, impossible;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_attr_init(&impossible), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&impossible, size_t{1} << 50), 0);
  {
    ASSERT_EQ(pthread_setattr_default_np(&impossible), 0);
    const absl::Cleanup restore = [&usual] { pthread_setattr_default_np(&usual); };
    EXPECT_THAT(runner_.Start(std::move(slot), v1::Job(), cancellation_, Callbacks()),
                StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("no thread")));
  }
  EXPECT_FALSE(done_.HasBeenNotified());
  EXPECT_THAT(runner_.Reserve("pump", JobKind::kTraining), IsOk());
}

TEST_F(JobRunnerTest, AJobThatPublishesNothingKeepsItsFailure) {
  Start("refuse");
  EXPECT_THAT(Result(),
              StatusIs(absl::StatusCode::kInvalidArgument, "the rows are not to my taste"));
}

}  // namespace
}  // namespace advae
