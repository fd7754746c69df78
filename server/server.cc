#include "server/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <prometheus/exposer.h>

#include <exception>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/batching/batcher.h"
#include "server/jobs/job_runner.h"
#include "server/models/model_table.h"
#include "server/models/repository_poller.h"
#include "server/monitoring/log.h"
#include "server/monitoring/metrics.h"
#include "server/monitoring/process_metrics.h"
#include "server/monitoring/rpc_monitor.h"
#include "server/private_paths.h"
#include "server/services/detector_service.h"
#include "server/services/health_service.h"
#include "server/services/registry_service.h"
#include "server/work_pool.h"

namespace advae {
namespace {

// An upload waits with one message at most, so that only as many calls as this are ever refused.
constexpr size_t kMaxWaitingUploads = 10'000;

// Changes are done one at a time anyway. So many wait only for a disk that hangs.
constexpr int kChangeThreads = 1;
constexpr size_t kMaxWaitingChanges = 100;
constexpr int kReadThreads = 1;
constexpr size_t kMaxWaitingReads = 1000;

}  // namespace

// In the order in which they are made; each may use those above it.
struct Server::Parts {
  Parts(const ServerConfig& config, Repository repository)
      : drain_timeout(config.drain_timeout),
        table(std::move(repository), metrics),
        batcher(config.batching, static_cast<int>(config.scoring_threads), metrics.batcher()),
        runner(config.jobs, table, metrics),
        upload_threads(static_cast<int>(config.jobs.max_jobs) + 1, kMaxWaitingUploads),
        uploads{.runner = runner,
                .threads = upload_threads,
                .max_row_bytes = config.max_training_bytes,
                .limits = config.uploads},
        change_threads(kChangeThreads, kMaxWaitingChanges),
        read_threads(kReadThreads, kMaxWaitingReads),
        detector_service(table, batcher, uploads, call_threads()),
        registry_service(table, uploads, call_threads()),
        health_service({"", v1::AnomalyDetector::service_full_name(),
                        v1::ModelRegistry::service_full_name()}) {
    metrics.batcher().queue_limit_rows.Set(static_cast<double>(config.batching.max_queued_rows));
  }

  CallThreads call_threads() { return {.changes = change_threads, .reads = read_threads}; }

  const absl::Duration drain_timeout;
  Metrics metrics;
  const std::shared_ptr<ProcessMetrics> process_metrics = std::make_shared<ProcessMetrics>();
  ModelTable table;
  Batcher batcher;
  JobRunner runner;
  WorkPool upload_threads;
  const UploadResources uploads;
  WorkPool change_threads;
  WorkPool read_threads;
  DetectorService detector_service;
  RegistryService registry_service;
  HealthService health_service;
  std::unique_ptr<prometheus::Exposer> exposer;
  std::string metrics_address;
  std::unique_ptr<grpc::Server> grpc_server;
  std::string grpc_address;
  std::unique_ptr<RepositoryPoller> poller;
};

namespace {

std::string WithPort(const std::string& address, int port) {
  return absl::StrCat(address.substr(0, address.rfind(':')), ":", port);
}

absl::StatusOr<std::unique_ptr<prometheus::Exposer>> ServeMetrics(const std::string& address) {
  try {
    return std::make_unique<prometheus::Exposer>(std::string(address));
  } catch (const std::exception& error) {
    return absl::UnavailableError(absl::StrCat(
        "cannot serve metrics on ", address,
        "; is it an address of this machine, as IP:PORT, and the port free? (", error.what(), ")"));
  }
}

struct Listening {
  std::unique_ptr<grpc::Server> server;
  int port;
};

absl::StatusOr<Listening> ServeGrpc(const ServerConfig& config, RpcMetrics& metrics,
                                    const std::vector<grpc::Service*>& services) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();

  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(config.listen, grpc::InsecureServerCredentials(), &port);
  // Otherwise a second server on the same port would silently get half of the requests.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.max_message_bytes));
  builder.SetResourceQuota(grpc::ResourceQuota("advae").Resize(config.max_receive_bytes));
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<RpcMonitor>(metrics));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));

  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen for gRPC on ", config.listen,
                     "; is it an address of this machine and the port free?"));
  }
  return Listening{std::move(server), port};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config) {
  if (absl::Status status = config.Validate(); !status.ok()) return status;

  const std::filesystem::path root = std::filesystem::absolute(config.repository);
  AddPrivatePath(root);
  AddPrivatePath(config.jobs.trainer);

  absl::StatusOr<Repository> repository = Repository::Open(root);
  if (!repository.ok()) return repository.status();
  if (absl::Status status = repository->RemoveStaleStaging(); !status.ok()) {
    Log(LogLevel::kWarning, "staging folder not cleaned", {{"reason", status.ToString()}});
  }
  auto parts = std::make_unique<Parts>(config, *std::move(repository));
  if (absl::Status status = parts->table.Sync(); !status.ok()) return status;

  auto exposer = ServeMetrics(config.metrics_listen);
  if (!exposer.ok()) return exposer.status();
  parts->exposer = *std::move(exposer);
  parts->exposer->RegisterCollectable(parts->metrics.registry());
  parts->exposer->RegisterCollectable(parts->process_metrics);
  parts->metrics_address =
      WithPort(config.metrics_listen, parts->exposer->GetListeningPorts().front());

  auto listening =
      ServeGrpc(config, parts->metrics.rpc(),
                {&parts->detector_service, &parts->registry_service, &parts->health_service});
  if (!listening.ok()) return listening.status();
  parts->grpc_server = std::move(listening->server);
  parts->grpc_address = WithPort(config.listen, listening->port);

  parts->metrics.ready().Set(1);
  Log(LogLevel::kInfo, "serving",
      {{"grpc", parts->grpc_address}, {"metrics", parts->metrics_address}});

  parts->poller = std::make_unique<RepositoryPoller>(parts->table, config.repository_poll_interval);
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  parts_->poller.reset();
  // Balancers look elsewhere from now on.
  parts_->health_service.Drain();
  parts_->metrics.ready().Set(0);
  parts_->grpc_server->Shutdown(absl::ToChronoTime(absl::Now() + parts_->drain_timeout));
  parts_->grpc_server->Wait();
}

const std::string& Server::grpc_address() const { return parts_->grpc_address; }
const std::string& Server::metrics_address() const { return parts_->metrics_address; }

}  // namespace advae
