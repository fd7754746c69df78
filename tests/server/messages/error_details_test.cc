#include "server/messages/error_details.h"

#include <gmock/gmock.h>
#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "model/base/error_subject.h"
#include "server/base/quota_violation.h"
#include "server/base/retry_hint.h"
#include "server/http/http_error.h"
#include "server/messages/grpc_status.h"

namespace advae {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

absl::Status BadAlpha() {
  return AtField(absl::InvalidArgumentError("alpha is 2, expected less than 1"), "alpha");
}

absl::Status NoVersion() {
  return About(absl::NotFoundError("no such version"), {.model = "pump", .version = 3});
}

TEST(ErrorDetails, AnErrorThatIsAboutNothingHasNone) {
  EXPECT_THAT(ErrorDetails(absl::InvalidArgumentError("bad"), "bad"), IsEmpty());
}

TEST(ErrorDetails, ABadRequestNamesTheField) {
  const auto details = ErrorDetails(BadAlpha(), "as shown");
  ASSERT_THAT(details, SizeIs(1));
  google::rpc::BadRequest request;
  ASSERT_TRUE(details[0].UnpackTo(&request));
  ASSERT_EQ(request.field_violations_size(), 1);
  EXPECT_EQ(request.field_violations(0).field(), "alpha");
  EXPECT_EQ(request.field_violations(0).description(), "as shown");
}

TEST(ErrorDetails, OnlyABadArgumentIsABadRequest) {
  EXPECT_THAT(ErrorDetails(AtField(absl::InternalError("disk"), "rows"), "disk"), IsEmpty());
}

TEST(ErrorDetails, AQuotaIsNamedWithItsIdentity) {
  const auto details = ErrorDetails(WithQuotaViolation(absl::ResourceExhaustedError("too much"),
                                                       {.identity = "plant", .quota = "calls"}),
                                    "too much");
  ASSERT_THAT(details, SizeIs(1));
  google::rpc::QuotaFailure failure;
  ASSERT_TRUE(details[0].UnpackTo(&failure));
  ASSERT_EQ(failure.violations_size(), 1);
  EXPECT_EQ(failure.violations(0).subject(), "identity:plant quota:calls");
  EXPECT_EQ(failure.violations(0).description(), "too much");
}

TEST(ErrorDetails, WhatIsNotFoundIsNamed) {
  const auto details = ErrorDetails(NoVersion(), "no such version");
  ASSERT_THAT(details, SizeIs(1));
  google::rpc::ResourceInfo info;
  ASSERT_TRUE(details[0].UnpackTo(&info));
  EXPECT_EQ(info.resource_type(), "advae.v1.Version");
  EXPECT_EQ(info.resource_name(), "pump/3");
  EXPECT_EQ(info.description(), "no such version");
}

TEST(ErrorDetails, AModelIsAResource) {
  const auto details = ErrorDetails(About(absl::NotFoundError("gone"), {.model = "pump"}), "gone");
  ASSERT_THAT(details, SizeIs(1));
  google::rpc::ResourceInfo info;
  ASSERT_TRUE(details[0].UnpackTo(&info));
  EXPECT_EQ(info.resource_type(), "advae.v1.Model");
  EXPECT_EQ(info.resource_name(), "pump");
}

TEST(ErrorDetails, SoIsWhatIsInTheWayOrInTheWrongState) {
  for (const auto& error : {absl::AlreadyExistsError, absl::FailedPreconditionError}) {
    const auto details = ErrorDetails(About(error("taken"), {.model = "pump"}), "taken");
    ASSERT_THAT(details, SizeIs(1));
    google::rpc::ResourceInfo info;
    ASSERT_TRUE(details[0].UnpackTo(&info));
    EXPECT_EQ(info.resource_name(), "pump");
  }
}

TEST(ErrorDetails, ARefusalSaysWhenToTryAgain) {
  const auto details = ErrorDetails(
      WithRetryHint(absl::ResourceExhaustedError("full"), absl::Milliseconds(1250)), "full");
  ASSERT_THAT(details, SizeIs(1));
  google::rpc::RetryInfo info;
  ASSERT_TRUE(details[0].UnpackTo(&info));
  EXPECT_EQ(info.retry_delay().seconds(), 1);
  EXPECT_EQ(info.retry_delay().nanos(), 250'000'000);
}

TEST(ErrorDetails, GrpcCarriesThemWithCodeAndMessage) {
  grpc::ServerContext context;
  const grpc::Status status = ToGrpcStatus(BadAlpha(), context);
  google::rpc::Status carried;
  ASSERT_TRUE(carried.ParseFromString(status.error_details()));
  EXPECT_EQ(carried.code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(carried.message(), status.error_message());
  EXPECT_EQ(carried.details_size(), 1);
}

TEST(ErrorDetails, GrpcCarriesNoneWithALongMessage) {
  grpc::ServerContext context;
  const absl::Status status = AtField(absl::InvalidArgumentError(std::string(5000, 'x')), "rows");
  EXPECT_THAT(ToGrpcStatus(status, context).error_details(), IsEmpty());
}

TEST(ErrorDetails, HttpHasThemAsJson) {
  const HttpResponse response = HttpError(NoVersion());
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body,
            "{\"error\":\"no such version\",\"details\":["
            "{\"@type\":\"type.googleapis.com/google.rpc.ResourceInfo\","
            "\"resourceType\":\"advae.v1.Version\",\"resourceName\":\"pump/3\","
            "\"description\":\"no such version\"}]}\n");
  EXPECT_EQ(HttpError(absl::InternalError("disk")).body, "{\"error\":\"disk\"}\n");
}

TEST(ErrorDetails, AreTextWhateverBytesTheyAreAbout) {
  const absl::Status status = About(absl::NotFoundError("no \xff\v\""), {.model = "\xff\v\""});
  google::rpc::ResourceInfo info;
  ASSERT_TRUE(ErrorDetails(status, "gone").at(0).UnpackTo(&info));
  EXPECT_EQ(info.resource_name(), "\xc3\xbf\v\"");  // read as Windows-1252
  for (const absl::Status& error :
       {status, AtField(absl::InvalidArgumentError("\xff"), "rows[\"\xff\"]")}) {
    EXPECT_TRUE(nlohmann::json::accept(HttpError(error).body)) << error;
  }
}

}  // namespace
}  // namespace advae
