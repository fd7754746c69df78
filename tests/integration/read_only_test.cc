// A server that is read-only.

#include <map>

#include "absl/strings/str_cat.h"
#include "tests/integration/harness/eventually.h"
#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// What is in a folder, with the time of the last change of each.
std::map<std::filesystem::path, std::filesystem::file_time_type> FilesOf(
    const std::filesystem::path& folder) {
  std::map<std::filesystem::path, std::filesystem::file_time_type> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    files.emplace(entry.path(), entry.last_write_time());
  }
  files.emplace(folder, std::filesystem::last_write_time(folder));
  return files;
}

class ReadOnlyTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
    before_ = FilesOf(repository());
    ASSERT_NO_FATAL_FAILURE(StartServer({"--read_only=true", "--repository_poll_interval=20ms"}));
  }

  void ExpectRefusal(const grpc::Status& status) {
    EXPECT_THAT(status, RpcFailsWith(grpc::StatusCode::FAILED_PRECONDITION,
                                     HasSubstr("this server is read-only (--read_only)")));
  }

  std::map<std::filesystem::path, std::filesystem::file_time_type> before_;
};

TEST_F(ReadOnlyTest, ScoresAndChangesNothing) {
  v1::ScoreResponse response;
  EXPECT_THAT(Score(ScoreRequestOf("pump", RandomRows(2, kRandomModelColumns, 1)), response),
              IsOkRpc());

  v1::ThresholdRequest threshold;
  threshold.set_model("pump");
  threshold.set_alpha(0.02);
  CallContext threshold_context;
  v1::ThresholdResponse threshold_response;
  EXPECT_THAT(server().detector().Threshold(&threshold_context, threshold, &threshold_response),
              IsOkRpc());
  threshold.set_apply(true);
  CallContext apply_context;
  ExpectRefusal(server().detector().Threshold(&apply_context, threshold, &threshold_response));

  v1::SetServingVersionRequest set;
  set.set_model("pump");
  set.set_version(1);
  CallContext set_context;
  v1::SetServingVersionResponse set_response;
  ExpectRefusal(server().registry().SetServingVersion(&set_context, set, &set_response));

  v1::DeleteVersionRequest delete_version;
  delete_version.set_model("pump");
  delete_version.set_version(1);
  CallContext delete_version_context;
  v1::DeleteVersionResponse delete_version_response;
  ExpectRefusal(server().registry().DeleteVersion(&delete_version_context, delete_version,
                                                  &delete_version_response));

  v1::DeleteModelRequest delete_model;
  delete_model.set_model("pump");
  CallContext delete_model_context;
  v1::DeleteModelResponse delete_model_response;
  ExpectRefusal(
      server().registry().DeleteModel(&delete_model_context, delete_model, &delete_model_response));

  v1::UndeleteRequest undelete;
  undelete.set_model("pump");
  CallContext undelete_context;
  v1::UndeleteResponse undelete_response;
  ExpectRefusal(server().registry().Undelete(&undelete_context, undelete, &undelete_response));
  EXPECT_EQ(FilesOf(repository()), before_);
}

TEST_F(ReadOnlyTest, TakesNoUploads) {
  CallContext train_context;
  const auto train = server().detector().Train(&train_context);
  v1::TrainRequest spec;
  spec.mutable_spec()->set_model("fan");
  train->Write(spec);
  v1::TrainResponse train_response;
  EXPECT_FALSE(train->Read(&train_response));
  ExpectRefusal(train->Finish());

  CallContext import_context;
  v1::ImportVersionResponse import_response;
  const auto import = server().registry().ImportVersion(&import_context, &import_response);
  v1::ImportVersionRequest import_spec;
  import_spec.mutable_spec()->set_model("fan");
  import->Write(import_spec);
  ExpectRefusal(import->Finish());
  EXPECT_EQ(FilesOf(repository()), before_);
}

TEST_F(ReadOnlyTest, TakesUpWhatOthersPublish) {
  ASSERT_NO_FATAL_FAILURE(Publish("pump", 3));
  EXPECT_TRUE(Eventually([this] {
    v1::GetModelResponse response;
    return GetModel("pump", response).ok() && response.versions_size() == 3;
  }));
}

TEST_F(ReadOnlyTest, DoesNotRecordTheNumbersOfVersionsThatVanish) {
  std::filesystem::remove_all(repository() / "pump");
  EXPECT_TRUE(Eventually([this] {
    v1::GetModelResponse response;
    return GetModel("pump", response).error_code() == grpc::StatusCode::NOT_FOUND;
  }));
  ASSERT_THAT(server().Stop(), IsOk());
  EXPECT_THAT(server().process().errors(), Not(HasSubstr("not recorded")));
}

TEST_F(ReadOnlyTest, NeedsARepositoryThatExists) {
  EXPECT_THAT(ServerProcess::Start(folder() / "none", {"--read_only=true"}).status(),
              StatusIs(absl::StatusCode::kInternal,
                       AllOf(HasSubstr("is no folder that can be read"), HasSubstr("none"))));
  EXPECT_FALSE(std::filesystem::exists(folder() / "none"));
}

TEST_F(ReadOnlyTest, TakesTrueOrFalse) {
  EXPECT_THAT(ServerProcess::Start(repository(), {"--read_only=maybe"}).status(),
              StatusIs(absl::StatusCode::kInternal,
                       HasSubstr("--read_only is \"maybe\"; expected true or false")));
}

}  // namespace
}  // namespace advae::testing
