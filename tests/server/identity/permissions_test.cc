#include "server/identity/permissions.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "inference/inference.pb.h"

namespace advae {
namespace {

// Those of our services by the names that permissions have.
std::map<std::string, const google::protobuf::MethodDescriptor*> Methods() {
  std::map<std::string, const google::protobuf::MethodDescriptor*> methods;
  for (const google::protobuf::FileDescriptor* const file :
       {v1::ScoreRequest::descriptor()->file(), v1::GetModelRequest::descriptor()->file(),
        inference::ModelInferRequest::descriptor()->file(),
        grpc::health::v1::HealthCheckRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service(0)->method_count(); ++i) {
      const google::protobuf::MethodDescriptor* const method = file->service(0)->method(i);
      methods[absl::StrCat("/", file->service(0)->full_name(), "/", method->name())] = method;
    }
  }
  return methods;
}

// What is no deletion, and takes none back, must not need an administrator, which is also what a
// method gets that nobody thought of.
TEST(RequiredRoleTest, KnowsEveryMethod) {
  for (const auto& [name, method] : Methods()) {
    const bool is_deletion =
        absl::StartsWith(method->name(), "Delete") || method->name() == "Undelete";
    EXPECT_EQ(RequiredRole(name) == Role::kAdmin, is_deletion) << name;
  }
}

TEST(IsScoreStreamTest, IsWhatAnswersRowsOneAfterTheOther) {
  for (const auto& [name, method] : Methods()) {
    EXPECT_EQ(IsScoreStream(name), method->client_streaming() && method->server_streaming() &&
                                       RequiredRole(name) == Role::kScorer)
        << name;
  }
  EXPECT_TRUE(IsScoreStream("/advae.v1.AnomalyDetector/ScoreStream"));
}

TEST(RequiredRoleTest, AnUnknownMethodNeedsAnAdministrator) {
  EXPECT_EQ(RequiredRole("/advae.v1.ModelRegistry/Format"), Role::kAdmin);
  EXPECT_EQ(RequiredRole(""), Role::kAdmin);
}

TEST(IsChangeTest, IsWhatChangesTheRepository) {
  for (const auto& [method, changes] :
       std::map<std::string, bool>{{"/advae.v1.AnomalyDetector/Train", true},
                                   {"/advae.v1.ModelRegistry/ImportVersion", true},
                                   {"/advae.v1.ModelRegistry/SetServingVersion", true},
                                   {"/advae.v1.ModelRegistry/DeleteModel", true},
                                   {"/advae.v1.ModelRegistry/Undelete", true},
                                   {"/advae.v1.ModelRegistry/ListDeleted", false},
                                   {"/advae.v1.AnomalyDetector/Score", false},
                                   {"/advae.v1.ModelRegistry/GetModel", false}}) {
    EXPECT_EQ(IsChange(method), changes) << method;
  }
  v1::ThresholdRequest request;
  EXPECT_FALSE(IsChange("/advae.v1.AnomalyDetector/Threshold", &request));
  request.set_apply(true);
  EXPECT_TRUE(IsChange("/advae.v1.AnomalyDetector/Threshold", &request));
}

TEST(MayRecordCallerTest, IsWhatVersionsAndThresholdsComeFrom) {
  for (const auto& [method, records] :
       std::map<std::string, bool>{{"/advae.v1.AnomalyDetector/Train", true},
                                   {"/advae.v1.ModelRegistry/ImportVersion", true},
                                   {"/advae.v1.AnomalyDetector/Threshold", true},
                                   {"/advae.v1.ModelRegistry/DeleteModel", false},
                                   {"/advae.v1.AnomalyDetector/Score", false}}) {
    EXPECT_EQ(MayRecordCaller(method), records) << method;
  }
}

}  // namespace
}  // namespace advae
