#include "server/messages/received.h"

#include <grpcpp/support/proto_buffer_reader.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/messages/parsed_size.h"

namespace advae {

void Received::Take(grpc::ByteBuffer& bytes) {
  lease_->Release();
  message_->Clear();
  status_ = Parse(bytes);
  if (status_.ok()) status_ = permit_.Check(*message_);
  if (!status_.ok()) message_->Clear();
  bytes.Clear();
}

const absl::Status& Received::Admit(CallPermit permit) const {
  permit_ = std::move(permit);
  if (status_.ok()) status_ = permit_.Check(*message_);
  return status_;
}

absl::Status Received::Parse(grpc::ByteBuffer& bytes) {
  if (!bytes.Valid()) {
    return absl::InvalidArgumentError("the call ended before its message arrived");
  }
  grpc::ProtoBufferReader measured(&bytes);
  if (!measured.status().ok()) return absl::InternalError(measured.status().error_message());
  const absl::StatusOr<uint64_t> size = ParsedSize(measured, *message_->GetDescriptor());
  if (!size.ok()) return size.status();
  if (*size > limits_->max_parsed_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("the message takes about ", *size,
                                                     " bytes once it is parsed; expected at most ",
                                                     limits_->max_parsed_bytes));
  }
  ADVAE_RETURN_IF_ERROR(lease_->Grow(*size));
  grpc::ProtoBufferReader parsed(&bytes);
  if (message_->ParseFromZeroCopyStream(&parsed) && parsed.status().ok()) return absl::OkStatus();
  return absl::InvalidArgumentError("the message is malformed: it does not parse as its type");
}

}  // namespace advae
