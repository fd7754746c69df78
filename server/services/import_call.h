#ifndef ADVAE_SERVER_SERVICES_IMPORT_CALL_H_
#define ADVAE_SERVER_SERVICES_IMPORT_CALL_H_

#include <utility>

#include "advae/v1/registry.pb.h"
#include "server/services/upload_call.h"

namespace advae {

// One ImportVersion RPC.
class ImportCall
    : public UploadCall<SharedCall<grpc::ServerReadReactor<Received>>, v1::ImportVersionRequest> {
 public:
  // `response` is gRPC's: it exists while the call does for gRPC.
  ImportCall(grpc::CallbackServerContext& context, CallPermit permit,
             const UploadResources& resources, MessageLimits& limits,
             v1::ImportVersionResponse& response)
      : UploadCall(context, std::move(permit), resources, limits, JobKind::kImport),
        response_(response) {}

 private:
  absl::Status CheckSpec(const v1::ImportSpec& spec) const override;
  absl::Status TakeData(const v1::ImportVersionRequest& request) override;
  absl::Status Append(const v1::ImportVersionRequest& request);
  absl::StatusOr<v1::Job> MakeJob() override;
  void OnEvent(const v1::JobEvent& /*event*/) override {}
  void OnVersion(const v1::VersionInfo& version) override;

  v1::ImportVersionResponse& response_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_IMPORT_CALL_H_
