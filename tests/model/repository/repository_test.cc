#include "model/repository/repository.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/testing/random_model.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temporary_folder.h"

namespace advae {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::RandomBundle;
using testing::StatusIs;

using ModelVersions = Repository::ModelVersions;
constexpr absl::StatusCode kInvalid = absl::StatusCode::kInvalidArgument;
constexpr absl::StatusCode kNotFound = absl::StatusCode::kNotFound;
constexpr absl::StatusCode kUnavailable = absl::StatusCode::kUnavailable;
constexpr absl::StatusCode kDataLoss = absl::StatusCode::kDataLoss;

TEST(ValidateModelNameTest, AcceptsSafeNames) {
  for (const std::string& name :
       {std::string("a"), std::string("Pump-7_b.v2"), std::string("0"), std::string(64, 'x')}) {
    EXPECT_THAT(ValidateModelName(name), IsOk());
  }
}

TEST(ValidateModelNameTest, RejectsOthers) {
  for (const std::string& name :
       {std::string(""), std::string("."), std::string(".."), std::string(".staging"),
        std::string("-a"), std::string("_a"), std::string("a/b"), std::string("../a"),
        std::string("a b"), std::string("a\n"), std::string("a\0b", 3), std::string("\xc3\xa9"),
        std::string(65, 'x')}) {
    EXPECT_THAT(ValidateModelName(name), StatusIs(kInvalid, HasSubstr("1 to 64 letters, digits")));
  }
  EXPECT_THAT(ValidateModelName(std::string(300, 'x')),
              StatusIs(kInvalid, AllOf(HasSubstr("...' (300 bytes)"),
                                       ::testing::Not(HasSubstr(std::string(65, 'x'))))));
}

class RepositoryTest : public ::testing::Test {
 protected:
  uint64_t Publish(const std::string& model, uint32_t seed = 1) {
    const absl::StatusOr<uint64_t> version = repository_.Publish(*RandomBundle(model, seed));
    EXPECT_THAT(version, IsOk());
    return version.value_or(0);
  }

  void Overwrite(const fs::path& file, const std::string& text) {
    std::ofstream(root() / file) << text;
  }

  const fs::path& root() const { return repository_.root(); }

  testing::TemporaryFolder folder_;
  Repository repository_ = *Repository::Open(folder_.path() / "models");
};

TEST_F(RepositoryTest, OpenCreatesTheRoot) {
  const fs::path path = folder_.path() / "a/b/c";
  ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::Open(path));
  EXPECT_TRUE(fs::is_directory(path));
  EXPECT_EQ(repository.root(), path);
  EXPECT_THAT(*repository.List(), IsEmpty());
}

TEST_F(RepositoryTest, OpenReportsARootThatCannotBe) {
  Overwrite("file", "x");
  EXPECT_THAT(
      Repository::Open(root() / "file/models"),
      StatusIs(kUnavailable, AllOf(HasSubstr("file/models"), HasSubstr("Not a directory"))));
  EXPECT_THAT(Repository::Open(root() / "file"), StatusIs(kUnavailable, HasSubstr("file")));
  EXPECT_THAT(Repository::Open("/proc/nowhere/models"),
              StatusIs(kUnavailable, HasSubstr("/proc/nowhere")));
}

TEST_F(RepositoryTest, ReadOnlyReadsAndRefusesToChange) {
  Publish("pump", 1);
  ASSERT_OK_AND_ASSIGN(const Repository repository, Repository::OpenReadOnly(root()));
  EXPECT_EQ(repository.id(), repository_.id());
  EXPECT_THAT(repository.Load("pump", 1), IsOk());
  const auto refused = StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("read-only"));
  EXPECT_THAT(repository.CheckWritable(), refused);
  EXPECT_THAT(repository.Publish(*RandomBundle("pump")), refused);
  EXPECT_THAT(repository.Change("pump"), refused);
  EXPECT_THAT(repository.AppendThreshold("pump", 1, {}), refused);
  EXPECT_THAT(repository.SetServingVersion("pump", 1), refused);
  EXPECT_THAT(repository.DeleteVersion("pump", 1), refused);
  EXPECT_THAT(repository.DeleteModel("pump"), refused);
  EXPECT_THAT(repository.RecordNumber("pump", 7), refused);
  EXPECT_THAT(repository.CreateStagingFolder(), refused);
  EXPECT_THAT(repository.RemoveStaleStaging(), IsOk());
  EXPECT_THAT(repository_.CheckWritable(), IsOk());
}

TEST_F(RepositoryTest, ReadOnlyCreatesNothing) {
  EXPECT_THAT(Repository::OpenReadOnly(folder_.path() / "none"),
              StatusIs(kUnavailable, HasSubstr("none")));
  EXPECT_FALSE(fs::exists(folder_.path() / "none"));
  fs::create_directory(folder_.path() / "empty");
  ASSERT_OK_AND_ASSIGN(const Repository repository,
                       Repository::OpenReadOnly(folder_.path() / "empty"));
  EXPECT_THAT(*repository.List(), IsEmpty());
  EXPECT_TRUE(fs::is_empty(folder_.path() / "empty"));
}

TEST_F(RepositoryTest, PublishesAndLoads) {
  const VersionBundle bundle = *RandomBundle("pump");
  ASSERT_OK_AND_ASSIGN(const uint64_t version, repository_.Publish(bundle));
  EXPECT_EQ(version, 1);
  ASSERT_OK_AND_ASSIGN(const VersionBundle loaded, repository_.Load("pump", 1));
  v1::VersionInfo expected = bundle.info;
  expected.set_version(1);
  EXPECT_EQ(loaded.info.SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(loaded.training_scores, bundle.training_scores);
  EXPECT_TRUE(fs::is_empty(root() / ".staging"));
}

TEST_F(RepositoryTest, NumbersVersionsByModel) {
  EXPECT_EQ(Publish("b"), 1);
  EXPECT_EQ(Publish("b"), 2);
  EXPECT_EQ(Publish("a"), 1);
  EXPECT_EQ(Publish("b"), 3);
  ASSERT_OK_AND_ASSIGN(const std::vector<ModelVersions> models, repository_.List());
  EXPECT_THAT(models, ElementsAre(AllOf(Field(&ModelVersions::model, "a"),
                                        Field(&ModelVersions::versions, ElementsAre(1))),
                                  AllOf(Field(&ModelVersions::model, "b"),
                                        Field(&ModelVersions::versions, ElementsAre(1, 2, 3)))));
}

TEST_F(RepositoryTest, ListPassesOverWhatIsNoModel) {
  Publish("pump");
  for (const char* const name : {"empty", ".hidden/1", "bad name/1", "only_files"}) {
    fs::create_directories(root() / name);
  }
  Overwrite("file", "x");
  Overwrite("only_files/1", "x");
  ASSERT_OK_AND_ASSIGN(const std::vector<ModelVersions> models, repository_.List());
  EXPECT_THAT(models, ElementsAre(Field(&ModelVersions::model, "pump")));
}

TEST_F(RepositoryTest, InvalidNamesNeverBecomePaths) {
  for (const std::string& name : {std::string("../pump"), std::string(""), std::string(300, 'x')}) {
    VersionBundle bundle = *RandomBundle("pump");
    bundle.info.set_model(name);
    EXPECT_THAT(repository_.Publish(bundle), StatusIs(kInvalid, HasSubstr("model name")));
    EXPECT_THAT(repository_.Load(name, 1), StatusIs(kInvalid, HasSubstr("model name")));
    EXPECT_THAT(repository_.ReadThresholdHistory(name, 1),
                StatusIs(kInvalid, HasSubstr("model name")));
    EXPECT_THAT(repository_.AppendThreshold(name, 1, {}),
                StatusIs(kInvalid, HasSubstr("model name")));
    EXPECT_THAT(repository_.SetServingVersion(name, 1), StatusIs(kInvalid, HasSubstr("name")));
    EXPECT_THAT(repository_.DeleteVersion(name, 1), StatusIs(kInvalid, HasSubstr("name")));
    EXPECT_THAT(repository_.DeleteModel(name), StatusIs(kInvalid, HasSubstr("name")));
  }
  for (const auto& entry : fs::directory_iterator(root())) {
    EXPECT_TRUE(entry.path().filename().string().starts_with(".")) << entry;
  }
}

TEST_F(RepositoryTest, RequestsForUnknownModelsLeaveNothing) {
  EXPECT_FALSE(repository_.SetServingVersion("fan", 1).ok());
  EXPECT_FALSE(repository_.AppendThreshold("fan", 1, {}).ok());
  EXPECT_FALSE(repository_.DeleteVersion("fan", 1).ok());
  EXPECT_FALSE(repository_.DeleteModel("fan").ok());
  EXPECT_FALSE(fs::exists(root() / ".locks" / "fan"));
}

TEST_F(RepositoryTest, UnknownModelsAndVersionsAreNotFound) {
  Publish("pump");
  const auto no_version = StatusIs(kNotFound, HasSubstr("model 'pump' has no version 2"));
  EXPECT_THAT(repository_.Load("pump", 2), no_version);
  EXPECT_THAT(repository_.ReadThresholdHistory("pump", 2), no_version);
  EXPECT_THAT(repository_.AppendThreshold("pump", 2, {}), no_version);
  EXPECT_THAT(repository_.SetServingVersion("pump", 2), no_version);
  EXPECT_THAT(repository_.DeleteVersion("pump", 2), no_version);
  EXPECT_THAT(repository_.Load("pump", 0), StatusIs(kNotFound, HasSubstr("no version 0")));
  EXPECT_THAT(repository_.Load("fan", 1), StatusIs(kNotFound, "there is no model 'fan'"));
  EXPECT_THAT(repository_.DeleteModel("fan"), StatusIs(kNotFound, "there is no model 'fan'"));
}

TEST_F(RepositoryTest, ServingVersionIsKept) {
  Publish("pump");
  Publish("pump");
  EXPECT_EQ(repository_.List()->at(0).serving_version, std::nullopt);
  ASSERT_THAT(repository_.SetServingVersion("pump", 2), IsOk());
  EXPECT_EQ(repository_.List()->at(0).serving_version, 2);
  ASSERT_THAT(repository_.SetServingVersion("pump", 1), IsOk());
  EXPECT_EQ(repository_.List()->at(0).serving_version, 1);
  Overwrite("pump/serving.json", "{\"version\": ");
  EXPECT_EQ(repository_.List()->at(0).serving_version, std::nullopt);
  ASSERT_THAT(repository_.SetServingVersion("pump", 2), IsOk());
  EXPECT_EQ(repository_.List()->at(0).serving_version, 2);
}

TEST_F(RepositoryTest, ThresholdHistoryIsKept) {
  Publish("pump");
  ASSERT_OK_AND_ASSIGN(std::vector<v1::ThresholdRecord> history,
                       repository_.ReadThresholdHistory("pump", 1));
  ASSERT_EQ(history.size(), 1);
  history.emplace_back().set_alpha(0.02);
  history.back().set_threshold(1.0 / 3);
  ASSERT_THAT(repository_.AppendThreshold("pump", 1, history.back()), IsOk());

  ASSERT_OK_AND_ASSIGN(const auto read, repository_.ReadThresholdHistory("pump", 1));
  ASSERT_EQ(read.size(), 2);
  EXPECT_EQ(read[0].SerializeAsString(), history[0].SerializeAsString());
  EXPECT_EQ(read[1].SerializeAsString(), history[1].SerializeAsString());
  ASSERT_OK_AND_ASSIGN(const VersionBundle bundle, repository_.Load("pump", 1));
  ASSERT_EQ(bundle.info.threshold_history_size(), 2);
  EXPECT_EQ(bundle.info.threshold_history(1).threshold(), 1.0 / 3);
  EXPECT_TRUE(fs::is_empty(root() / ".staging"));
}

TEST_F(RepositoryTest, WhoMadeAVersionAndSetAThresholdIsKept) {
  Publish("pump");
  VersionBundle bundle = *RandomBundle("pump");
  bundle.info.set_created_by("plant");
  bundle.info.mutable_threshold_history(0)->set_set_by("plant");
  ASSERT_THAT(repository_.Publish(bundle), IsOk());
  v1::ThresholdRecord record = bundle.info.threshold_history(0);
  record.set_set_by("ops");
  ASSERT_THAT(repository_.AppendThreshold("pump", 2, record), IsOk());

  ASSERT_OK_AND_ASSIGN(const VersionBundle loaded, repository_.Load("pump", 2));
  EXPECT_EQ(loaded.info.created_by(), "plant");
  EXPECT_EQ(loaded.info.threshold_history(0).set_by(), "plant");
  EXPECT_EQ(loaded.info.threshold_history(1).set_by(), "ops");
  ASSERT_OK_AND_ASSIGN(const v1::VersionManifest manifest, repository_.LoadManifest("pump", 2));
  EXPECT_EQ(manifest.info().created_by(), "plant");
  EXPECT_EQ(manifest.files_size(), 2);
  // As a release has it that did not keep the name.
  EXPECT_EQ(repository_.Load("pump", 1)->info.created_by(), "");
  EXPECT_THAT(repository_.LoadManifest("pump", 3), StatusIs(kNotFound, HasSubstr("version 3")));
}

TEST_F(RepositoryTest, ThresholdHistoryKeepsTheFirstRecordAndTheLatestThousand) {
  Publish("pump");
  ASSERT_OK_AND_ASSIGN(const auto first, repository_.ReadThresholdHistory("pump", 1));
  // As a release before left it.
  std::vector<std::string> records = {"{\"alpha\": 0.1, \"threshold\": 0}"};
  for (int i = 1; i < 1500; ++i) {
    records.push_back(absl::StrCat("{\"alpha\": 0.2, \"threshold\": ", i, "}"));
  }
  Overwrite("pump/1/thresholds.json",
            absl::StrCat("{\"records\": [", absl::StrJoin(records, ","), "]}"));
  for (const int number : {1500, 1501}) {
    v1::ThresholdRecord record;
    record.set_alpha(0.2);
    record.set_threshold(number);
    ASSERT_THAT(repository_.AppendThreshold("pump", 1, record), IsOk());
    ASSERT_OK_AND_ASSIGN(const auto history, repository_.ReadThresholdHistory("pump", 1));
    ASSERT_EQ(history.size(), 1001);
    EXPECT_EQ(history.front().alpha(), first.front().alpha());
    EXPECT_EQ(history.front().threshold(), 0);
    EXPECT_EQ(history[1].threshold(), number - 999);
    EXPECT_EQ(history.back().threshold(), number);
  }
}

TEST_F(RepositoryTest, DamagedThresholdHistoryIsDataLoss) {
  Publish("pump");
  Overwrite("pump/1/thresholds.json", "{\"records\": [");
  EXPECT_THAT(repository_.Load("pump", 1), StatusIs(kDataLoss, HasSubstr("thresholds.json")));
  EXPECT_THAT(repository_.ReadThresholdHistory("pump", 1),
              StatusIs(kDataLoss, HasSubstr("thresholds.json")));
}

TEST_F(RepositoryTest, DamagedBundleIsDataLossAndTheRestLoads) {
  Publish("pump");
  Publish("pump");
  fs::resize_file(root() / "pump/1/weights.safetensors", 100);
  EXPECT_THAT(repository_.Load("pump", 1),
              StatusIs(kDataLoss, AllOf(HasSubstr("pump/1/weights.safetensors"),
                                        HasSubstr("has 100 bytes, expected"))));
  EXPECT_THAT(repository_.Load("pump", 2), IsOk());
}

TEST_F(RepositoryTest, CopiedVersionIsDataLoss) {
  Publish("pump");
  fs::copy(root() / "pump/1", root() / "pump/5");
  EXPECT_THAT(repository_.Load("pump", 5),
              StatusIs(kDataLoss, HasSubstr("the manifest is that of version 1 of model 'pump'")));
}

TEST_F(RepositoryTest, DeletedNumbersAreNotUsedAgain) {
  Publish("pump");
  Publish("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 2), IsOk());
  EXPECT_THAT(repository_.Load("pump", 2), StatusIs(kNotFound, HasSubstr("no version 2")));
  EXPECT_THAT(repository_.DeleteVersion("pump", 2), StatusIs(kNotFound, HasSubstr("2")));
  EXPECT_THAT(repository_.List()->at(0).versions, ElementsAre(1));
  EXPECT_EQ(Publish("pump"), 3);
  EXPECT_TRUE(fs::is_empty(root() / ".staging"));
}

TEST_F(RepositoryTest, NumbersOfADeletedModelAreNotUsedAgain) {
  Publish("pump");
  Publish("pump");
  Publish("fan");
  ASSERT_THAT(repository_.DeleteModel("pump"), IsOk());
  EXPECT_THAT(*repository_.List(), ElementsAre(Field(&ModelVersions::model, "fan")));
  EXPECT_EQ(Publish("pump"), 3);
}

// As of a repository of a release that recorded no numbers.
TEST_F(RepositoryTest, NumbersOfADeletedModelThatWereNotRecordedAreNotUsedAgain) {
  for (int i = 0; i < 3; ++i) Publish("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 3), IsOk());
  fs::remove_all(root() / ".numbers");
  ASSERT_THAT(repository_.DeleteModel("pump"), IsOk());
  EXPECT_EQ(Publish("pump"), 4);
}

TEST_F(RepositoryTest, TheServingVersionIsNotDeleted) {
  Publish("pump");
  Publish("pump");
  ASSERT_THAT(repository_.SetServingVersion("pump", 1), IsOk());
  EXPECT_THAT(repository_.DeleteVersion("pump", 1),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("is the serving version")));
  EXPECT_THAT(repository_.Load("pump", 1), IsOk());
}

TEST_F(RepositoryTest, PublishesAboveWhatAServerRemembers) {
  Publish("pump");
  ASSERT_OK_AND_ASSIGN(const Published published,
                       repository_.Publish(*RandomBundle("pump"), {.above = 7}));
  EXPECT_EQ(published.version, 8);
  ASSERT_THAT(repository_.RecordNumber("pump", 11), IsOk());
  ASSERT_THAT(repository_.RecordNumber("pump", 10), IsOk());
  EXPECT_EQ(Publish("pump"), 12);
}

TEST_F(RepositoryTest, PublishesWithTheServingVersionThatIsAskedFor) {
  const auto publish = [&](Serving serving) {
    EXPECT_THAT(repository_.Publish(*RandomBundle("pump"), {.serving = serving}), IsOk());
    return repository_.List()->at(0).serving_version;
  };
  EXPECT_EQ(publish(Serving::kUnchanged), std::nullopt);
  EXPECT_EQ(publish(Serving::kIfNoneServes), 2);
  EXPECT_EQ(publish(Serving::kIfNoneServes), 2);
  EXPECT_EQ(publish(Serving::kAlways), 4);
  EXPECT_TRUE(fs::is_empty(root() / ".staging"));
}

TEST_F(RepositoryTest, FindsWhatAJobHasPublished) {
  Publish("pump");
  ASSERT_THAT(repository_.Publish(*RandomBundle("pump"), {.job = "a"}), IsOk());
  ASSERT_THAT(repository_.Publish(*RandomBundle("pump"), {.job = "b"}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto found, repository_.FindPublished("pump", 1, "b"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->version(), 3);
  EXPECT_EQ(*repository_.FindPublished("pump", 1, "c"), std::nullopt);
  EXPECT_EQ(*repository_.FindPublished("pump", 2, "a"), std::nullopt);
  EXPECT_EQ(*repository_.FindPublished("fan", 0, "a"), std::nullopt);
}

TEST_F(RepositoryTest, ADamagedRecordOfNumbersGivesNoNumberTwice) {
  for (int i = 0; i < 3; ++i) Publish("pump");
  fs::remove_all(root() / "pump");
  Overwrite(".numbers/pump.json", "{");
  EXPECT_GT(Publish("pump"), 3);
  EXPECT_EQ(Publish("fan"), 1);
}

TEST_F(RepositoryTest, ADeletionWithADamagedRecordOfNumbersGivesNoNumberTwice) {
  for (int i = 0; i < 3; ++i) Publish("pump");
  ASSERT_THAT(repository_.SetServingVersion("pump", 1), IsOk());
  Overwrite(".numbers/pump.json", "{");
  ASSERT_THAT(repository_.DeleteVersion("pump", 2), IsOk());
  fs::remove_all(root() / "pump");  // and with it the marks of what was deleted
  EXPECT_GT(Publish("pump"), 3);
}

// A folder stands for any file that the system refuses to read.
TEST_F(RepositoryTest, AServingVersionThatCannotBeReadIsNotNone) {
  Publish("pump");
  Publish("pump");
  fs::create_directory(root() / "pump" / "serving.json");
  EXPECT_THAT(repository_.List()->at(0).status, StatusIs(kUnavailable, HasSubstr("serving.json")));
  EXPECT_THAT(repository_.ListModel("pump"), StatusIs(kUnavailable, HasSubstr("serving.json")));
  EXPECT_THAT(repository_.DeleteVersion("pump", 1),
              StatusIs(kUnavailable, HasSubstr("serving.json")));
  EXPECT_THAT(
      repository_.Publish(*RandomBundle("pump"), {.serving = Serving::kIfNoneServes}).status(),
      StatusIs(kUnavailable, HasSubstr("serving.json")));
  fs::remove(root() / "pump" / "serving.json");
  EXPECT_THAT(repository_.List()->at(0).versions, ElementsAre(1, 2));
}

// Folders that cannot be read are reported, and keep nobody from the rest.
TEST_F(RepositoryTest, ListReportsModelsThatCannotBeRead) {
  Publish("pump");
  fs::create_directory_symlink(root() / "nowhere", root() / "dangling");
  fs::create_directory_symlink(root() / "loop", root() / "loop");
  ASSERT_OK_AND_ASSIGN(const auto models, repository_.List());
  ASSERT_EQ(models.size(), 3);
  EXPECT_THAT(models[0].status, StatusIs(kUnavailable, HasSubstr("dangling is a dangling link")));
  EXPECT_THAT(models[1].status, StatusIs(kUnavailable, HasSubstr("loop: Too many levels")));
  EXPECT_THAT(models[2].status, IsOk());
  EXPECT_THAT(models[2].versions, ElementsAre(1));
  EXPECT_THAT(repository_.ListModel("loop"), StatusIs(kUnavailable, HasSubstr("Too many levels")));
}

TEST_F(RepositoryTest, AnAbsurdNumberStopsNoPublication) {
  Publish("pump");
  fs::create_directory(root() / "pump" / "18446744073709551615");
  EXPECT_EQ(Publish("pump"), 2);
  EXPECT_THAT(repository_.List()->at(0).versions, ElementsAre(1, 2));
  fs::create_directory(root() / "fan");
  fs::create_directory(root() / "fan" / "9007199254740991");
  EXPECT_THAT(repository_.Publish(*RandomBundle("fan")),
              StatusIs(kUnavailable, HasSubstr("no number is left")));
}

TEST_F(RepositoryTest, AnEmptyMountPointIsNoEmptyRepository) {
  Publish("pump");
  fs::rename(root(), folder_.path() / "volume");
  fs::create_directory(root());
  const auto not_mounted = StatusIs(kUnavailable, HasSubstr("its volume is not mounted"));
  EXPECT_THAT(repository_.List(), not_mounted);
  EXPECT_THAT(repository_.ListModel("pump"), not_mounted);
  EXPECT_THAT(repository_.Publish(*RandomBundle("pump")), not_mounted);
  EXPECT_THAT(repository_.CreateStagingFolder(), not_mounted);
  EXPECT_THAT(Repository::OpenExisting(root(), repository_.id()), not_mounted);
  EXPECT_TRUE(fs::is_empty(root()));
  fs::remove(root());
  fs::rename(folder_.path() / "volume", root());
  EXPECT_THAT(repository_.List()->at(0).versions, ElementsAre(1));
}

TEST_F(RepositoryTest, AnotherRepositoryInItsPlaceIsUnavailable) {
  Publish("pump");
  fs::remove_all(root());
  ASSERT_OK_AND_ASSIGN(const Repository other, Repository::Open(root()));
  EXPECT_NE(other.id(), repository_.id());
  EXPECT_THAT(repository_.List(), StatusIs(kUnavailable, HasSubstr("another repository")));
  EXPECT_THAT(repository_.Publish(*RandomBundle("pump")),
              StatusIs(kUnavailable, HasSubstr("another repository")));
  EXPECT_THAT(*other.List(), IsEmpty());
}

TEST_F(RepositoryTest, OpensOneMarkerOnly) {
  ASSERT_OK_AND_ASSIGN(const Repository again, Repository::Open(root()));
  EXPECT_EQ(again.id(), repository_.id());
  EXPECT_THAT(Repository::OpenExisting(root(), again.id()), IsOk());
  EXPECT_THAT(Repository::OpenExisting(root(), "other"), StatusIs(kUnavailable, HasSubstr("id")));
}

// Reads of what somebody has put in a file's place end, and spend nothing.
TEST_F(RepositoryTest, PipesAndHugeFilesAreNoFiles) {
  Publish("pump");
  fs::remove(root() / "pump/1/manifest.json");
  ASSERT_EQ(mkfifo((root() / "pump/1/manifest.json").c_str(), 0644), 0);
  EXPECT_THAT(repository_.Load("pump", 1), StatusIs(kUnavailable, HasSubstr("manifest.json")));
  Publish("fan");
  Overwrite("fan/1/thresholds.json", "");
  fs::resize_file(root() / "fan/1/thresholds.json", uint64_t{1} << 40);
  EXPECT_THAT(repository_.Load("fan", 1), StatusIs(kUnavailable, HasSubstr("File too large")));
  fs::remove(root() / "fan/1/thresholds.json");
  fs::resize_file(root() / "fan/1/weights.safetensors", uint64_t{1} << 40);
  EXPECT_THAT(repository_.Load("fan", 1),
              StatusIs(kDataLoss, HasSubstr("the file has 1099511627776 bytes, expected")));
}

TEST_F(RepositoryTest, TheFingerprintChangesWithAnyFile) {
  Publish("pump");
  std::set<std::string> seen = {repository_.Fingerprint("pump", 1)};
  EXPECT_EQ(repository_.Fingerprint("pump", 1), *seen.begin());
  Overwrite("pump/1/extra", "x");
  EXPECT_TRUE(seen.insert(repository_.Fingerprint("pump", 1)).second);
  Overwrite("pump/1/extra", "xy");
  EXPECT_TRUE(seen.insert(repository_.Fingerprint("pump", 1)).second);
  fs::remove(root() / "pump/1/manifest.sha256");
  EXPECT_TRUE(seen.insert(repository_.Fingerprint("pump", 1)).second);
  EXPECT_EQ(repository_.Fingerprint("pump", 2), "");
}

TEST_F(RepositoryTest, ModelWithoutVersionsIsNotListed) {
  Publish("pump");
  ASSERT_THAT(repository_.DeleteVersion("pump", 1), IsOk());
  EXPECT_THAT(*repository_.List(), IsEmpty());
  EXPECT_EQ(Publish("pump"), 2);
}

TEST_F(RepositoryTest, StagingFolderIsOnTheSameFileSystem) {
  ASSERT_OK_AND_ASSIGN(const fs::path staged, repository_.CreateStagingFolder());
  EXPECT_EQ(staged.parent_path(), root() / ".staging");
  EXPECT_TRUE(fs::is_empty(staged));
  EXPECT_THAT(repository_.RemoveStaleStaging(), IsOk());
  EXPECT_TRUE(fs::exists(staged)) << "this process lives";
}

TEST_F(RepositoryTest, AVanishedRootIsUnavailable) {
  Publish("pump");
  fs::remove_all(root());
  EXPECT_THAT(repository_.List(), StatusIs(kUnavailable, HasSubstr(root().string())));
  EXPECT_THAT(repository_.Publish(*RandomBundle("pump")),
              StatusIs(kUnavailable, HasSubstr(root().string())));
  EXPECT_THAT(repository_.CreateStagingFolder(),
              StatusIs(kUnavailable, HasSubstr(root().string())));
}

TEST_F(RepositoryTest, AnUnusableStagingAreaIsUnavailable) {
  Publish("pump");
  fs::remove_all(root() / ".staging");
  Overwrite(".staging", "x");
  EXPECT_THAT(repository_.Publish(*RandomBundle("pump")),
              StatusIs(kUnavailable, HasSubstr("Not a directory")));
  EXPECT_THAT(repository_.SetServingVersion("pump", 1),
              StatusIs(kUnavailable, HasSubstr(".staging")));
  EXPECT_THAT(repository_.DeleteModel("pump", {.permanently = true}),
              StatusIs(kUnavailable, HasSubstr(".staging")));
  EXPECT_THAT(repository_.Load("pump", 1), IsOk());
}

TEST_F(RepositoryTest, AFileInTheModelsPlaceIsUnavailable) {
  Overwrite("pump", "x");
  EXPECT_THAT(repository_.Publish(*RandomBundle("pump")),
              StatusIs(kUnavailable, HasSubstr("Not a directory")));
}

}  // namespace
}  // namespace advae
