// What the server says to calls of the model registry that it refuses.

#include <functional>

#include "tests/integration/harness/server_test.h"

namespace advae::testing {
namespace {

using ::testing::HasSubstr;

constexpr auto kInvalid = grpc::StatusCode::INVALID_ARGUMENT;
constexpr auto kNotFound = grpc::StatusCode::NOT_FOUND;

// A method of the registry that names a model and perhaps a version.
struct RefusedRegistryCall {
  const char* name;
  std::function<grpc::Status(v1::ModelRegistry::Stub&)> call;
  grpc::StatusCode code;
  std::string message;
};

void PrintTo(const RefusedRegistryCall& refused, std::ostream* out) { *out << refused.name; }

// A server with model "pump", versions 1 and 2 of which 2 serves.
class RefusedRegistryCallTest : public ServerTest,
                                public ::testing::WithParamInterface<RefusedRegistryCall> {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 1));
    ASSERT_NO_FATAL_FAILURE(Publish("pump", 2));
    ASSERT_NO_FATAL_FAILURE(StartServer());
  }
};

TEST_P(RefusedRegistryCallTest, ChangesNothing) {
  EXPECT_THAT(GetParam().call(server().registry()),
              RpcFailsWith(GetParam().code, HasSubstr(GetParam().message)));
  v1::GetModelResponse model;
  ASSERT_THAT(GetModel("pump", model), IsOkRpc());
  EXPECT_EQ(model.versions_size(), 2);
  EXPECT_EQ(model.summary().serving_version(), 2);
}

auto GetModelCall(const std::string& model) {
  return [model](v1::ModelRegistry::Stub& registry) {
    CallContext context;
    v1::GetModelRequest request;
    request.set_model(model);
    v1::GetModelResponse response;
    return registry.GetModel(&context, request, &response);
  };
}

auto SetServingCall(const std::string& model, uint64_t version) {
  return [model, version](v1::ModelRegistry::Stub& registry) {
    CallContext context;
    v1::SetServingVersionRequest request;
    request.set_model(model);
    request.set_version(version);
    v1::SetServingVersionResponse response;
    return registry.SetServingVersion(&context, request, &response);
  };
}

auto DeleteVersionCall(const std::string& model, uint64_t version) {
  return [model, version](v1::ModelRegistry::Stub& registry) {
    CallContext context;
    v1::DeleteVersionRequest request;
    request.set_model(model);
    request.set_version(version);
    v1::DeleteVersionResponse response;
    return registry.DeleteVersion(&context, request, &response);
  };
}

auto DeleteModelCall(const std::string& model) {
  return [model](v1::ModelRegistry::Stub& registry) {
    CallContext context;
    v1::DeleteModelRequest request;
    request.set_model(model);
    v1::DeleteModelResponse response;
    return registry.DeleteModel(&context, request, &response);
  };
}

const RefusedRegistryCall kRefusedRegistryCalls[] = {
    {"GetUnknown", GetModelCall("fan"), kNotFound, "there is no model \"fan\""},
    {"GetWithPath", GetModelCall("../models/pump"), kInvalid, "model name"},
    {"ServeUnknownModel", SetServingCall("fan", 1), kNotFound, "there is no model \"fan\""},
    {"ServeUnknownVersion", SetServingCall("pump", 3), kNotFound,
     "model \"pump\" has no version 3; its versions are 1 to 2"},
    {"ServeVersionZero", SetServingCall("pump", 0), kNotFound, "has no version 0"},
    {"DeleteUnknownModel", DeleteModelCall("fan"), kNotFound, "there is no model \"fan\""},
    {"DeleteModelWithPath", DeleteModelCall("../models"), kInvalid, "model name"},
    {"DeleteModelWithoutName", DeleteModelCall(""), kInvalid, "model name"},
    {"DeleteStaging", DeleteModelCall(".staging"), kInvalid, "model name"},
    {"DeleteUnknownVersion", DeleteVersionCall("pump", 3), kNotFound, "has no version 3"},
    {"DeleteServingVersion", DeleteVersionCall("pump", 2), grpc::StatusCode::FAILED_PRECONDITION,
     "version 2 of model \"pump\" is the serving version"},
};

INSTANTIATE_TEST_SUITE_P(Calls, RefusedRegistryCallTest, ::testing::ValuesIn(kRefusedRegistryCalls),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace advae::testing
