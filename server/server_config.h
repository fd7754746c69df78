#ifndef ADVAE_SERVER_SERVER_CONFIG_H_
#define ADVAE_SERVER_SERVER_CONFIG_H_

#include <cstdint>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "model/repository/deleted_versions.h"
#include "server/batching/batch_queue.h"
#include "server/history/model_history.h"
#include "server/identity/jwt_claims.h"
#include "server/jobs/job_runner.h"
#include "server/jobs/upload_pace.h"
#include "server/transport/tls_keys.h"
#include "server/transport/transport_limits.h"

namespace advae {

// Who may reach a server, and who may do what there.
struct SecurityConfig {
  TlsFiles tls = {};
  // The file with the grants; empty: everybody may do everything.
  std::filesystem::path tokens = {};
  // The file with the keys of those who sign JSON Web Tokens; empty: no such tokens are taken.
  std::filesystem::path jwt_keys = {};
  // Whose tokens they must be, and for whom.
  JwtRequirements jwt = {};
  // The file with the quotas; empty: everybody may use as much as they like.
  std::filesystem::path quotas = {};
  // Health is for everybody, also where the others need a grant.
  bool open_health = true;
  // Addresses that other machines reach may be without TLS.
  bool allow_plaintext = false;
};

// What a server can be told. server/options.cc has the flag and the range of each value.
struct ServerConfig {
  std::filesystem::path repository = {};
  // The server changes nothing in the repository, which has to exist.
  bool read_only = false;
  // HOST:PORT; port 0 picks a free one.
  std::string listen = "127.0.0.1:50051";
  // Empty: `listen` takes changes, too.
  std::string admin_listen = {};
  std::string metrics_listen = "127.0.0.1:9464";
  // Empty: no HTTP.
  std::string http_listen = {};
  // Names beside those of the loopback, separated by commas, by which clients may call the metrics
  // and HTTP ports when these are on loopback and ask nobody who he is; "*" for all.
  std::string http_hosts = {};
  SecurityConfig security = {};

  // Of what the HTTP port tells of the last hour.
  HistoryLimits history = {};

  int64_t scoring_threads = 1;
  BatchLimits batching = {};
  JobRunnerOptions jobs = {};

  // Largest message that a client may send.
  int64_t max_message_bytes = 64 << 20;
  // Largest set of training rows.
  uint64_t max_training_bytes = uint64_t{4} << 30;
  UploadLimits uploads = {};
  // Memory for the three that follow together; 0: each is by itself.
  uint64_t max_memory = 0;
  // Memory for the versions that are held, loading included.
  uint64_t max_models_memory = uint64_t{1} << 50;
  // Memory for messages that are being received.
  uint64_t max_receive_bytes = uint64_t{1} << 30;
  // Memory for the parsed messages of calls and for their answers.
  uint64_t max_call_bytes = uint64_t{1} << 30;
  // Largest answer.
  uint64_t max_response_bytes = 64 << 20;
  TransportLimits transport = {};

  absl::Duration repository_poll_interval = absl::Seconds(5);
  // How long what is deleted can be restored; zero: not at all.
  absl::Duration keep_deleted = KeptDeletions().age;
  // Between the announcement of a stop and the stop, in which connections and calls are still
  // taken.
  absl::Duration drain_delay = absl::ZeroDuration();
  // What is in flight when the server stops may take this long.
  absl::Duration drain_timeout = absl::Seconds(30);

  std::string log_level = "info";
  std::string log_format = "text";

  // kInvalidArgument when a value is out of range; the message names the flag and the range.
  absl::Status Validate() const;

  // Sets the three budgets to their shares of max_memory, which is not 0, and max_message_bytes to
  // what can be received then. An eighth is left for what nobody asks for before it is spent: code,
  // threads, connections, and memory that the allocator keeps. Call it before single values are
  // set, which count more than the shares.
  void ShareMemory();

  // Bytes that versions, messages that are being received, and calls may come to take together.
  // Trainings, which have processes of their own, come on top.
  uint64_t BudgetedMemory() const;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVER_CONFIG_H_
