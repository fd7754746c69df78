#include "server/models/version_room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>

#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Key;
using ::testing::Pair;

class VersionRoomTest : public ::testing::Test {
 protected:
  // Publishes two versions of model "a" and one of "b", all of the same size.
  void SetUp() override {
    for (const char* model : {"a", "a", "b"}) {
      ASSERT_THAT(repository_.Publish(*testing::RandomBundle(model)), IsOk());
    }
    memory_ = *repository_.EstimateMemory("a", 1);
  }

  // Room for so many versions.
  ModelMemoryLimit RoomFor(uint64_t versions) const {
    return {.bytes = versions * memory_.held + memory_.loading + memory_.scratch, .threads = 1};
  }
  void Update(VersionRoom& room, std::optional<uint64_t> serving_of_a = {}) {
    room.Update(repository_,
                {.model = "a", .versions = {1, 2}, .serving_version = {}, .status = {}},
                serving_of_a);
    room.Update(repository_, {.model = "b", .versions = {1}, .serving_version = {}, .status = {}},
                {});
  }

  testing::TemporaryFolder folder_;
  const Repository repository_ = *Repository::Open(folder_.path());
  VersionMemory memory_;
};

TEST_F(VersionRoomTest, LeavesNothingOutThatFits) {
  VersionRoom room(RoomFor(3));
  Update(room);
  EXPECT_THAT(room.LeaveOut(), IsEmpty());
  EXPECT_EQ(room.held().held(), 3 * memory_.held);
  EXPECT_EQ(room.serving().held(), 2 * memory_.held);
  EXPECT_EQ(VersionRoom({}).LeaveOut().size(), 0);
}

TEST_F(VersionRoomTest, LeavesOutOldVersionsWithTheReason) {
  VersionRoom room(RoomFor(2));
  Update(room);
  EXPECT_THAT(room.LeaveOut(),
              ElementsAre(Pair("a", ElementsAre(Pair(1, HasSubstr("--max_models_memory"))))));
  // The named version goes first, and the one that serves now before it.
  room.Update(repository_, {.model = "a", .versions = {1, 2}, .serving_version = 1, .status = {}},
              {});
  EXPECT_THAT(room.LeaveOut(), ElementsAre(Pair("a", ElementsAre(Key(2)))));
  Update(room, 1);
  EXPECT_THAT(room.LeaveOut(), ElementsAre(Pair("b", ElementsAre(Key(1)))));
}

TEST_F(VersionRoomTest, CountsWhatIsStoredByWhoMadeIt) {
  for (const char* const name : {"plant", "ops", "plant"}) {
    VersionBundle bundle = *testing::RandomBundle("c");
    bundle.info.set_created_by(name);
    ASSERT_THAT(repository_.Publish(bundle), IsOk());
  }
  uint64_t bytes = 0;
  for (const char* const file : {"weights.safetensors", "scores.safetensors"}) {
    bytes += std::filesystem::file_size(folder_.path() / "c/1" / file);
  }
  // There is room for none of them.
  VersionRoom room(RoomFor(0));
  Update(room);
  room.Update(repository_,
              {.model = "c", .versions = {1, 2, 3}, .serving_version = {}, .status = {}}, {});
  EXPECT_THAT(room.Stored(),
              ElementsAre(Pair("ops", StoredUse{.versions = 1, .bytes = bytes}),
                          Pair("plant", StoredUse{.versions = 2, .bytes = 2 * bytes})));
  room.Update(repository_, {.model = "c", .versions = {2, 3}, .serving_version = {}, .status = {}},
              {});
  EXPECT_EQ(room.Stored().at("plant").versions, 1);
  room.KeepOnly([](const std::string& model) { return model != "c"; });
  EXPECT_THAT(room.Stored(), IsEmpty());
}

TEST_F(VersionRoomTest, TakesUpWhatFitsOnceAVersionIsGone) {
  VersionRoom room(RoomFor(1));
  Update(room, 2);
  EXPECT_THAT(room.LeaveOut(), ElementsAre(Pair("a", ElementsAre(Key(1))), Key("b")));
  room.KeepOnly([](const std::string& model) { return model == "b"; });
  EXPECT_THAT(room.LeaveOut(), IsEmpty());
}

TEST_F(VersionRoomTest, AVersionThatCannotBeReadTakesNoRoom) {
  std::filesystem::remove(folder_.path() / "a" / "2" / "manifest.json");
  VersionRoom room(RoomFor(2));
  Update(room);
  EXPECT_THAT(room.LeaveOut(), IsEmpty());
  EXPECT_EQ(room.held().held(), 2 * memory_.held);
}

TEST_F(VersionRoomTest, WaitsEverLongerAfterMemoryRanOut) {
  VersionRoom room({});
  Update(room);
  EXPECT_THAT(room.LeaveOut(), IsEmpty());
  for (const int waits : {1, 2, 4}) {
    room.RanOutOfMemory("a", 2);
    for (int i = 0; i < waits; ++i) {
      EXPECT_THAT(room.LeaveOut(),
                  ElementsAre(Pair("a", ElementsAre(Pair(2, HasSubstr("memory ran out"))))));
    }
    EXPECT_THAT(room.LeaveOut(), IsEmpty());
  }
}

TEST_F(VersionRoomTest, TriesAgainAtOnceWhenVersionsGo) {
  VersionRoom room({});
  Update(room);
  EXPECT_THAT(room.LeaveOut(), IsEmpty());
  for (int i = 0; i < 5; ++i) room.RanOutOfMemory("a", 2);
  EXPECT_THAT(room.LeaveOut(), ElementsAre(Key("a")));
  room.KeepOnly([](const std::string& model) { return model == "a"; });
  EXPECT_THAT(room.LeaveOut(), IsEmpty());
}

}  // namespace
}  // namespace advae
