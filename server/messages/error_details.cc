#include "server/messages/error_details.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "model/base/error_subject.h"
#include "model/base/utf8.h"
#include "server/base/quota_violation.h"
#include "server/base/retry_hint.h"

namespace advae {
namespace {

template <typename Message>
void Add(const Message& message, std::vector<google::protobuf::Any>& details) {
  details.emplace_back().PackFrom(message);
}

google::rpc::RetryInfo RetryInfoOf(absl::Duration hint) {
  google::rpc::RetryInfo info;
  const int64_t seconds = absl::IDivDuration(hint, absl::Seconds(1), &hint);
  info.mutable_retry_delay()->set_seconds(seconds);
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(hint)));
  return info;
}

google::rpc::BadRequest BadRequestOf(const std::string& field, const std::string& description) {
  google::rpc::BadRequest request;
  google::rpc::BadRequest::FieldViolation& violation = *request.add_field_violations();
  violation.set_field(Utf8Of(field));
  violation.set_description(description);
  return request;
}

google::rpc::QuotaFailure QuotaFailureOf(const QuotaViolation& violation,
                                         const std::string& description) {
  google::rpc::QuotaFailure failure;
  google::rpc::QuotaFailure::Violation& detail = *failure.add_violations();
  detail.set_subject(absl::StrCat("identity:", violation.identity, " quota:", violation.quota));
  detail.set_description(description);
  return failure;
}

google::rpc::ResourceInfo ResourceInfoOf(const ErrorResource& resource,
                                         const std::string& description) {
  google::rpc::ResourceInfo info;
  info.set_resource_type(resource.version ? "advae.v1.Version" : "advae.v1.Model");
  const std::string model = Utf8Of(resource.model);
  info.set_resource_name(resource.version ? absl::StrCat(model, "/", *resource.version) : model);
  info.set_description(description);
  return info;
}

}  // namespace

std::vector<google::protobuf::Any> ErrorDetails(const absl::Status& status,
                                                const std::string& message) {
  std::vector<google::protobuf::Any> details;
  // Protobuf wants it so; over HTTP a message may repeat any bytes.
  const std::string description = Utf8Of(message);
  if (const auto hint = RetryHint(status)) Add(RetryInfoOf(*hint), details);
  const std::string field = FieldOf(status);
  if (absl::IsInvalidArgument(status) && !field.empty()) {
    Add(BadRequestOf(field, description), details);
  }
  const auto violation = QuotaViolationOf(status);
  if (absl::IsResourceExhausted(status) && violation) {
    Add(QuotaFailureOf(*violation, description), details);
  }
  if (const auto resource = ResourceOf(status))
    Add(ResourceInfoOf(*resource, description), details);
  return details;
}

}  // namespace advae
