// Copies of repositories, such as restored backups: numbers that were given out since name nothing
// else afterwards.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "model/repository/repository.h"
#include "model/repository/repository_marker.h"
#include "model/repository/version_numbers.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using testing::IsOk;
using testing::RandomBundle;

class RepositoryCopyTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_THAT(Repository::Open(root_), IsOk()); }

  // Publishes as a process of its own would, and makes sure that the number is a new one.
  uint64_t Publish(const std::string& model) {
    const auto repository = Repository::Open(root_);
    EXPECT_THAT(repository, IsOk());
    const uint64_t version = repository->Publish(*RandomBundle(model)).value_or(0);
    EXPECT_TRUE(used_.emplace(model, version).second) << model << " " << version;
    return version;
  }
  void BackUp() { fs::copy(root_, backup_, fs::copy_options::recursive); }
  void Restore() {
    fs::remove_all(root_);
    fs::copy(backup_, root_, fs::copy_options::recursive);
  }
  uint64_t Floor() { return ReadMarker(root_)->floor(); }

  testing::TemporaryFolder folder_;
  const fs::path root_ = folder_.path() / "models";
  const fs::path backup_ = folder_.path() / "backup";
  std::set<std::pair<std::string, uint64_t>> used_;
};

TEST_F(RepositoryCopyTest, AnOriginalCountsOn) {
  EXPECT_EQ(Publish("pump"), 1);
  EXPECT_EQ(Publish("pump"), 2);
  EXPECT_EQ(Floor(), 0);
  // Moving it makes no copy of it.
  fs::rename(root_, backup_);
  fs::rename(backup_, root_);
  EXPECT_EQ(Publish("pump"), 3);
}

TEST_F(RepositoryCopyTest, ARestoredBackupUsesNoNumberAgain) {
  Publish("pump");
  BackUp();
  Publish("pump");
  Publish("pump");
  Publish("fan");  // which the backup does not know
  Restore();
  Publish("pump");
  Publish("fan");
  EXPECT_GT(Floor(), 0);
  const uint64_t version = Publish("pump");
  EXPECT_EQ(Publish("pump"), version + 1);
  // Again, and soon.
  for (int i = 0; i < 5; ++i) {
    Restore();
    Publish("pump");
    Publish("fan");
  }
}

TEST_F(RepositoryCopyTest, ABackupOfABackupUsesNoNumberAgain) {
  Publish("pump");
  BackUp();
  Restore();
  Publish("pump");
  fs::remove_all(backup_);
  BackUp();
  Publish("pump");
  Restore();
  Publish("pump");
}

TEST_F(RepositoryCopyTest, ARestoredModelUsesNoNumberAgain) {
  Publish("pump");
  BackUp();
  Publish("pump");
  fs::remove_all(root_ / "pump");
  fs::copy(backup_ / "pump", root_ / "pump", fs::copy_options::recursive);
  EXPECT_EQ(Publish("pump"), 3);
  EXPECT_EQ(Floor(), 0);
}

TEST_F(RepositoryCopyTest, ARepositoryOfAnOlderReleaseKeepsItsNumbers) {
  for (int i = 0; i < 3; ++i) Publish("pump");
  fs::remove_all(root_ / ".numbers");
  fs::remove(root_ / ".advae-repository");
  EXPECT_EQ(Publish("pump"), 4);
  EXPECT_EQ(ReadMarker(root_)->highest_version(), 3);
}

// The remedy for snapshots, whose files look like the original ones.
TEST_F(RepositoryCopyTest, ACopiedMarkerMakesACopy) {
  Publish("pump");
  const fs::path marker = root_ / ".advae-repository";
  fs::copy(marker, folder_.path() / "marker");
  fs::rename(folder_.path() / "marker", marker);
  EXPECT_GT(Publish("pump"), 2);
}

TEST_F(RepositoryCopyTest, ADamagedMarkerIsMadeAnew) {
  Publish("pump");
  std::ofstream(root_ / ".advae-repository") << "{";
  EXPECT_EQ(ReadMarker(root_).status().code(), absl::StatusCode::kDataLoss);
  Publish("pump");
  EXPECT_THAT(ReadMarker(root_), IsOk());
}

TEST(HighestPossibleTest, CountsMilliseconds) {
  v1::RepositoryMarker marker;
  marker.mutable_create_time()->set_seconds(100);
  marker.set_highest_version(7);
  EXPECT_EQ(HighestPossible(marker, absl::FromUnixSeconds(100)), 1007);
  EXPECT_EQ(HighestPossible(marker, absl::FromUnixSeconds(102)), 3007);
  EXPECT_EQ(HighestPossible(marker, absl::FromUnixSeconds(50)), 1007);
  marker.set_floor(5000);
  EXPECT_EQ(HighestPossible(marker, absl::FromUnixSeconds(102)), 5000);
  marker.set_highest_version(kMaxVersion);
  EXPECT_EQ(HighestPossible(marker, absl::FromUnixSeconds(102)), kMaxVersion / 2);
}

}  // namespace
}  // namespace advae
