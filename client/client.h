#ifndef ADVAE_CLIENT_CLIENT_H_
#define ADVAE_CLIENT_CLIENT_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cancellation.h"
#include "client/connection.h"
#include "client/end_race.h"
#include "client/row_source.h"
#include "client/score_pipeline.h"
#include "client/security.h"

namespace advae {

struct ClientOptions {
  // The server, as HOST:PORT or any other gRPC name.
  std::string target = {};
  // Such as ReadTlsCredentials gives. Unset: an insecure connection.
  std::shared_ptr<grpc::ChannelCredentials> credentials = nullptr;
  // The bearer token that goes along with each call. Unset: none. Over an insecure connection only
  // to this machine.
  std::shared_ptr<TokenFileReader> token = nullptr;
  // For each unary call, its retries included.
  absl::Duration timeout = absl::Seconds(30);
  // For each streaming call: Train, ScoreStream and ImportVersion.
  absl::Duration stream_timeout = absl::InfiniteDuration();
  RetryPolicy retry = {};
  Keepalive keepalive = {};
  // Ends the client's calls from another thread; outlives the client. Unset: nothing does.
  Cancellation* cancellation = nullptr;
};

// Called with each `accepted` and `progress` event of a training, in order.
using TrainObserver = std::function<void(const v1::TrainResponse& event)>;

// Weights trained elsewhere, as docs/IMPORT.md describes them. The streams outlive the call.
struct WeightFiles {
  std::istream* encoder = nullptr;
  std::istream* generator = nullptr;
};

// Talks to an advae server:
//
//   #include <iostream>
//   #include "client/client.h"
//
//   // Trains model "pump" on the columns of a file and scores one row with it.
//   absl::Status Run(std::istream& csv, const advae::Matrix& row) {
//     auto client = advae::Client::Create({.target = "127.0.0.1:50051"});
//     if (!client.ok()) return client.status();
//     auto reader = advae::DataSetReader::Create(csv, {.source_name = "pump.csv"});
//     if (!reader.ok()) return reader.status();
//     advae::v1::TrainSpec spec;
//     spec.set_model("pump");
//     auto version = (*client)->Train(spec, advae::RowsOf(*reader, 4096));
//     if (!version.ok()) return version.status();
//
//     advae::v1::ScoreRequest request;
//     request.set_model("pump");
//     advae::AssignRows(row.view(), *request.mutable_rows());
//     auto response = (*client)->Score(request);
//     if (!response.ok()) return response.status();
//     std::cout << "p = " << response->p_values(0) << "\n";
//     return absl::OkStatus();
//   }
//
// All methods block. They return the server's errors, which proto/advae/v1/ documents, and
// kUnavailable when it cannot be reached, kDeadlineExceeded after the timeout and kCancelled.
// A method with `call_ended` calls it when the call ends while its rows are still being read: they
// may come from somewhere where the next one takes long. Thread-safe.
class Client {
 public:
  // Does not wait for the connection. Errors as in CreateRetryingChannel; kInvalidArgument when a
  // token would go to another machine unencrypted.
  static absl::StatusOr<std::unique_ptr<Client>> Create(ClientOptions options);

  // Calls `stubs`; of the options, only the token, the timeouts and the cancellation matter.
  Client(ClientStubs stubs, const ClientOptions& options);

  // Trains a version and returns it when it is published.
  absl::StatusOr<v1::VersionInfo> Train(const v1::TrainSpec& spec, const RowSource& rows,
                                        const TrainObserver& observer = nullptr,
                                        const CallEnded& call_ended = nullptr);
  // The same on a table; the version learns a schema of it.
  absl::StatusOr<v1::VersionInfo> Train(const v1::TrainSpec& spec, const TableSource& rows,
                                        const TrainObserver& observer = nullptr,
                                        const CallEnded& call_ended = nullptr);

  absl::StatusOr<v1::ScoreResponse> Score(const v1::ScoreRequest& request);

  // Scores any number of rows in bounded memory. `settings` is the request without its rows, which
  // `rows` gives on a second thread; the responses, one a chunk and in order, go to `sink`. Rows
  // that come before an error have been delivered.
  absl::Status ScoreStream(const v1::ScoreRequest& settings, const RowSource& rows,
                           const ScoreSink& sink, const CallEnded& call_ended = nullptr);
  // The same for a table and a version with a schema.
  absl::Status ScoreStream(const v1::ScoreRequest& settings, const TableSource& rows,
                           const ScoreSink& sink, const CallEnded& call_ended = nullptr);

  absl::StatusOr<v1::ThresholdResponse> Threshold(const v1::ThresholdRequest& request);

  absl::StatusOr<v1::ListModelsResponse> ListModels();
  absl::StatusOr<v1::GetModelResponse> GetModel(const std::string& model);
  // All versions of the repository, with the state UNAVAILABLE and a reason for those that the
  // server does not hold.
  absl::StatusOr<inference::RepositoryIndexResponse> RepositoryIndex();
  absl::StatusOr<v1::ModelSummary> SetServingVersion(const std::string& model, uint64_t version);
  // Undelete restores what is not deleted permanently, for as long as the server keeps it.
  absl::StatusOr<v1::DeleteVersionResponse> DeleteVersion(const std::string& model,
                                                          uint64_t version,
                                                          bool permanently = false);
  absl::StatusOr<v1::DeleteModelResponse> DeleteModel(const std::string& model,
                                                      bool permanently = false);
  // One version, or all of the model that are kept.
  absl::StatusOr<v1::UndeleteResponse> Undelete(const std::string& model,
                                                std::optional<uint64_t> version = std::nullopt);
  // What Undelete can restore, of a model or, when `model` is empty, of all.
  absl::StatusOr<v1::ListDeletedResponse> ListDeleted(const std::string& model = "");

  // Makes a version of weights trained elsewhere and the rows they were trained on. kDataLoss when
  // one of the streams fails.
  absl::StatusOr<v1::VersionInfo> ImportVersion(const v1::ImportSpec& spec, WeightFiles weights,
                                                const RowSource& rows,
                                                const CallEnded& call_ended = nullptr);

  // Whether a service is ready; the empty name asks for the server as a whole. kNotFound when the
  // server has no such service. The answer may take `limit`, and the options' timeout.
  absl::StatusOr<bool> IsServing(const std::string& service = "",
                                 absl::Duration limit = absl::InfiniteDuration());

 private:
  template <typename Source>
  absl::StatusOr<v1::VersionInfo> TrainOn(const v1::TrainSpec& spec, const Source& rows,
                                          const TrainObserver& observer,
                                          const CallEnded& call_ended);
  absl::Status StreamScores(const v1::ScoreRequest& settings, const RequestSource& rows,
                            const ScoreSink& sink, const CallEnded& call_ended);

  ClientStubs stubs_;
  std::shared_ptr<TokenFileReader> token_;  // null for none
  absl::Duration timeout_;
  absl::Duration stream_timeout_;
  Cancellation* cancellation_;
};

}  // namespace advae

#endif  // ADVAE_CLIENT_CLIENT_H_
