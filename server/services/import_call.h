#ifndef ADVAE_SERVER_SERVICES_IMPORT_CALL_H_
#define ADVAE_SERVER_SERVICES_IMPORT_CALL_H_

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>

#include "advae/v1/registry.pb.h"
#include "server/jobs/upload.h"

namespace advae {

// One ImportVersion RPC. Deletes itself when the RPC has ended.
class ImportCall : public grpc::ServerReadReactor<v1::ImportVersionRequest> {
 public:
  // `runner` outlives the call.
  ImportCall(JobRunner& runner, uint64_t max_row_bytes, grpc::CallbackServerContext& context,
             v1::ImportVersionResponse& response);

  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { delete this; }

 private:
  absl::Status Take(const v1::ImportVersionRequest& request);
  absl::Status Begin(const v1::ImportSpec& spec);
  // All has been sent.
  absl::Status StartImport();

  JobRunner& runner_;
  const uint64_t max_row_bytes_;
  grpc::CallbackServerContext& context_;
  v1::ImportVersionResponse& response_;
  std::shared_ptr<JobCancellation> cancellation_;  // null when none could be made
  v1::ImportVersionRequest request_;
  v1::ImportSpec spec_;
  std::unique_ptr<Upload> upload_;  // from the spec on
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_IMPORT_CALL_H_
