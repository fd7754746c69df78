#include "server/server.h"

#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "server/base/private_paths.h"
#include "server/base/steady_alarm.h"
#include "server/base/work_pool.h"
#include "server/batching/batcher.h"
#include "server/grpc_server.h"
#include "server/http/http_server.h"
#include "server/http/metrics_page.h"
#include "server/http_api/http_api.h"
#include "server/identity/access_control.h"
#include "server/inference/inference_service.h"
#include "server/jobs/job_runner.h"
#include "server/log/log.h"
#include "server/messages/received.h"
#include "server/metrics/metrics.h"
#include "server/metrics/process_metrics.h"
#include "server/models/model_table.h"
#include "server/models/repository_poller.h"
#include "server/monitoring/call_log.h"
#include "server/ports.h"
#include "server/security.h"
#include "server/services/detector_service.h"
#include "server/services/registry_service.h"
#include "server/standard/health_service.h"
#include "server/standard/reflection_service.h"
#include "server/transport/connection_acceptor.h"
#include "server/transport/connection_calls.h"
#include "server/transport/listening_socket.h"
#include "server/transport/open_sockets.h"
#include "server/transport/readiness_probe.h"
#include "server/transport/stall_watch.h"
#include "server/transport/tls_keys.h"

namespace advae {
namespace {

// An upload waits with one message at most, so that only as many calls as this are ever refused.
constexpr size_t kMaxWaitingUploads = 10'000;

// Changes are done one at a time anyway. So many wait only for a disk that hangs.
constexpr int kChangeThreads = 1;
constexpr size_t kMaxWaitingChanges = 100;
constexpr int kReadThreads = 1;
constexpr size_t kMaxWaitingReads = 1000;

constexpr int kHttpThreads = 2;
constexpr size_t kMaxWaitingHttp = 1000;

// A connection is cut that keeps the server busy with as many calls for each that may be open on
// it: those that its client has reset, too, until all that they hold is free.
constexpr size_t kMaxCallsPerStream = 4;
// What an open call takes without its messages, most of it gRPC's; measured.
constexpr size_t kCallBytes = 10 << 10;

// Whether new connections are answered at all ports. Thread-safe.
class Readiness {
 public:
  // `ready` outlives this.
  explicit Readiness(prometheus::Gauge& ready) : ready_(ready) {}

  void Note(const std::string& address, bool answered) ABSL_LOCKS_EXCLUDED(mutex_) {
    absl::MutexLock lock(&mutex_);
    if (answered) {
      silent_.erase(address);
      Log(LogLevel::kInfo, "new connections are answered", {{"address", address}});
    } else {
      silent_.insert(address);
      Log(LogLevel::kError, "not ready: a new connection got no answer", {{"address", address}});
    }
    ready_.Set(silent_.empty() ? 1 : 0);
  }

 private:
  prometheus::Gauge& ready_;
  absl::Mutex mutex_;
  std::set<std::string> silent_ ABSL_GUARDED_BY(mutex_);
};

// A port at which gRPC is answered.
struct GrpcPort {
  const char* name;              // in errors
  std::string address;           // as it is configured, then with the port in use; empty for none
  Role highest_role;             // beyond which nobody may do anything there
  std::string own_address = {};  // at which this machine reaches it
  ProbeConnection probe_connection = {};
  std::unique_ptr<grpc::Server> server = nullptr;
  std::unique_ptr<ConnectionAcceptor> acceptor = nullptr;
  std::unique_ptr<ReadinessProbe> probe = nullptr;

  // Ends the server until the steady time `end`, if there is one.
  void Drain(absl::Time end) const {
    if (server == nullptr) return;
    const absl::Duration limit = std::max(end - SteadyNow(), absl::ZeroDuration());
    // By the clock that nobody sets.
    server->Shutdown(
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_nanos(absl::ToInt64Nanoseconds(limit), GPR_TIMESPAN)));
    server->Wait();
  }
};

}  // namespace

// In the order in which they are made; each may use those above it.
struct Server::Parts {
  Parts(const ServerConfig& config, Repository repository)
      : drain_timeout(config.drain_timeout),
        security(config.security, metrics.certificate_expiry(), metrics.quota_refusals()),
        message_limits{.budget = MemoryBudget(config.max_call_bytes),
                       .max_parsed_bytes = 4 * static_cast<uint64_t>(config.max_message_bytes),
                       .max_response_bytes = config.max_response_bytes},
        histories(config.history),
        table(std::move(repository), metrics,
              {.bytes = config.max_models_memory,
               .threads = static_cast<uint64_t>(config.scoring_threads)},
              // Nothing but HTTP asks for them.
              config.http_listen.empty() ? nullptr : &histories),
        batcher(config.batching, static_cast<int>(config.scoring_threads), metrics.batcher()),
        runner(config.jobs, table, metrics),
        upload_threads(static_cast<int>(config.jobs.max_jobs) + 1, kMaxWaitingUploads),
        uploads{.runner = runner,
                .threads = upload_threads,
                .max_bytes = config.max_training_bytes,
                .limits = config.uploads,
                .alarms = alarms},
        change_threads(kChangeThreads, kMaxWaitingChanges),
        read_threads(kReadThreads, kMaxWaitingReads),
        detector_service({.table = table,
                          .batcher = batcher,
                          .uploads = uploads,
                          .threads = call_threads(),
                          .access = security.access(),
                          .limits = message_limits,
                          .streams = open_streams,
                          .alarms = alarms}),
        registry_service({.table = table,
                          .uploads = uploads,
                          .threads = call_threads(),
                          .access = security.access(),
                          .limits = message_limits,
                          .keep_deleted = config.keep_deleted}),
        inference_service({.scoring = {.table = table, .batcher = batcher, .reads = read_threads},
                           .access = security.access(),
                           .limits = message_limits,
                           .streams = open_streams,
                           .alarms = alarms,
                           .metrics = metrics.rpc(),
                           .is_ready = [&ready = metrics.ready()] { return ready.Value() == 1; }}),
        http_threads(kHttpThreads, kMaxWaitingHttp),
        http_api({.scoring = {.table = table, .batcher = batcher, .reads = read_threads},
                  .access = security.access(),
                  .registry = registry_service,
                  .jobs = runner,
                  .limits = message_limits,
                  .threads = http_threads,
                  .metrics = metrics.rpc(),
                  .log = call_log,
                  .is_ready = [&ready = metrics.ready()] { return ready.Value() == 1; }}),
        health_service(
            {"", v1::AnomalyDetector::service_full_name(), v1::ModelRegistry::service_full_name(),
             inference::GRPCInferenceService::service_full_name()},
            [&gauge = metrics.models().repository_available] { return gauge.Value() == 1; },
            security.access(), open_streams),
        reflection_service(
            {v1::AnomalyDetector::service_full_name(), v1::ModelRegistry::service_full_name(),
             inference::GRPCInferenceService::service_full_name(),
             grpc::health::v1::Health::service_full_name()},
            security.access(), message_limits, open_streams),
        stall_watch(config.transport.max_send_stall, metrics.calls().stalled),
        connection_calls(
            {.connection = kMaxCallsPerStream * static_cast<size_t>(config.transport.max_streams),
             .total = config.max_call_bytes / kCallBytes},
            open_sockets, metrics.connections()),
        readiness(metrics.ready()),
        grpc_port{.name = "gRPC",
                  .address = config.listen,
                  .highest_role = config.admin_listen.empty() ? Role::kAdmin : Role::kScorer},
        admin_port{.name = "changes over gRPC",
                   .address = config.admin_listen,
                   .highest_role = Role::kAdmin} {
    receive_memory.Resize(config.max_receive_bytes);
    metrics.calls().memory_limit_bytes.Set(static_cast<double>(config.max_call_bytes));
    metrics.batcher().queue_limit_rows.Set(static_cast<double>(config.batching.max_queued_rows));
    metrics.batcher().max_queue_wait_seconds.Set(
        absl::ToDoubleSeconds(config.batching.max_queue_wait));
  }

  absl::Status ServeMetrics(const ServerConfig& config);
  absl::Status ServeHttp(const ServerConfig& config);
  // Nothing for a port without an address.
  absl::Status ServeGrpcAt(GrpcPort& port, const ServerConfig& config, size_t max_connections);
  void StartProbe(GrpcPort& port);

  CallThreads call_threads() { return {.changes = change_threads, .reads = read_threads}; }

  const absl::Duration drain_timeout;
  Metrics metrics;
  const ProcessMetrics process_metrics = {};
  CallLog call_log;
  // Above all that may own a call after gRPC has done with it.
  Security security;
  MessageLimits message_limits;
  AlarmThread alarms;
  OpenStreams open_streams;
  const Histories histories;
  ModelTable table;
  Batcher batcher;
  JobRunner runner;
  WorkPool upload_threads;
  const UploadResources uploads;
  WorkPool change_threads;
  WorkPool read_threads;
  DetectorService detector_service;
  RegistryService registry_service;
  InferenceService inference_service;
  WorkPool http_threads;
  HttpApi http_api;
  HealthService health_service;
  ReflectionService reflection_service;
  StallWatch stall_watch;
  OpenSockets open_sockets;
  ConnectionCalls connection_calls;
  std::unique_ptr<HttpServer> metrics_server;
  std::string metrics_address;
  std::unique_ptr<HttpServer> http_server;
  std::string http_address;  // empty without HTTP
  grpc::ResourceQuota receive_memory{"advae"};
  Readiness readiness;
  GrpcPort grpc_port;
  GrpcPort admin_port;
  std::unique_ptr<RepositoryPoller> poller;
};

namespace {

std::string MetricsPageOf(Metrics& metrics, const MemoryBudget& memory,
                          const ProcessMetrics& process) {
  metrics.calls().memory_bytes.Set(static_cast<double>(memory.held()));
  const prometheus::TextSerializer serializer;
  return serializer.Serialize(metrics.registry()->Collect()) +
         serializer.Serialize(process.Collect());
}

constexpr absl::Duration kMetricsIdleLimit = absl::Minutes(2);
constexpr uint64_t kMaxMetricsBody = 1 << 10;

}  // namespace

absl::Status Server::Parts::ServeMetrics(const ServerConfig& config) {
  ADVAE_ASSIGN_OR_RETURN(ListeningSockets listening,
                         ListenFor("metrics", config.metrics_listen, config.security));
  metrics_address = WithPort(config.metrics_listen, listening.port);
  AllowedHosts hosts = HostsOf(config.metrics_listen, listening, config);
  metrics_server =
      HttpServer::Start(std::move(listening),
                        {.max_connections = kMaxMetricsConnections,
                         .max_body_bytes = kMaxMetricsBody,
                         .idle_limit = kMetricsIdleLimit,
                         .hosts = std::move(hosts),
                         .tls = security.tls_keys()},
                        message_limits.budget, MetricsPage(security.access(), [this] {
                          return MetricsPageOf(metrics, message_limits.budget, process_metrics);
                        }));
  return absl::OkStatus();
}

absl::Status Server::Parts::ServeHttp(const ServerConfig& config) {
  if (config.http_listen.empty()) return absl::OkStatus();
  ADVAE_ASSIGN_OR_RETURN(ListeningSockets listening,
                         ListenFor("HTTP", config.http_listen, config.security));
  http_address = WithPort(config.http_listen, listening.port);
  AllowedHosts hosts = HostsOf(config.http_listen, listening, config);
  http_server = HttpServer::Start(
      std::move(listening),
      {.max_body_bytes = static_cast<uint64_t>(config.max_message_bytes),
       .hosts = std::move(hosts),
       .tls = security.tls_keys(),
       .refuse = [this](const HttpRequest& header,
                        uint64_t bytes) { return http_api.Refuse(header, bytes); }},
      message_limits.budget,
      [this](const std::shared_ptr<const HttpRequest>& request, const HttpServer::Answer& answer) {
        http_api.Handle(request, answer);
      });
  return absl::OkStatus();
}

absl::Status Server::Parts::ServeGrpcAt(GrpcPort& port, const ServerConfig& config,
                                        size_t max_connections) {
  if (port.address.empty()) return absl::OkStatus();
  ADVAE_ASSIGN_OR_RETURN(ListeningSockets listening,
                         ListenFor(port.name, port.address, config.security));
  port.address = WithPort(port.address, listening.port);
  port.own_address = listening.own_address;
  ADVAE_ASSIGN_OR_RETURN(GrpcServer grpc,
                         ServeGrpc(config,
                                   {.metrics = metrics.rpc(),
                                    .access = security.access(),
                                    .call_log = call_log,
                                    .stall_watch = stall_watch,
                                    .connection_calls = connection_calls,
                                    .tls_keys = security.tls_keys(),
                                    .probe = port.probe_connection,
                                    .receive_memory = receive_memory,
                                    .highest_role = port.highest_role},
                                   {&detector_service, &registry_service, &inference_service,
                                    &health_service, &reflection_service}));
  port.server = std::move(grpc.server);
  ADVAE_ASSIGN_OR_RETURN(
      port.acceptor,
      ConnectionAcceptor::Start(
          std::move(listening),
          {.max_connections = max_connections, .max_send_stall = config.transport.max_send_stall},
          open_sockets, metrics.connections(), std::move(grpc.connection_handler)));
  return absl::OkStatus();
}

void Server::Parts::StartProbe(GrpcPort& port) {
  if (port.server == nullptr) return;
  port.probe = std::make_unique<ReadinessProbe>(
      port.own_address, ProbeOptions{}, port.probe_connection,
      [this, &port](bool answered) { readiness.Note(port.address, answered); });
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config) {
  ADVAE_RETURN_IF_ERROR(config.Validate());

  const std::filesystem::path root = std::filesystem::absolute(config.repository);
  AddPrivatePath(root);
  AddPrivatePath(config.jobs.trainer);

  ADVAE_ASSIGN_OR_RETURN(Repository repository, config.read_only ? Repository::OpenReadOnly(root)
                                                                 : Repository::Open(root));
  if (absl::Status status = repository.RemoveStaleStaging(); !status.ok()) {
    Log(LogLevel::kWarning, "staging folder not cleaned", {{"reason", status.ToString()}});
  }
  auto parts = std::make_unique<Parts>(config, std::move(repository));
  ADVAE_RETURN_IF_ERROR(parts->table.Sync());

  ADVAE_ASSIGN_OR_RETURN(const size_t max_connections, MaxConnections(config));
  ADVAE_RETURN_IF_ERROR(parts->security.Load());
  ADVAE_RETURN_IF_ERROR(parts->ServeMetrics(config));

  ADVAE_RETURN_IF_ERROR(parts->ServeGrpcAt(parts->grpc_port, config, max_connections));
  ADVAE_RETURN_IF_ERROR(parts->ServeGrpcAt(parts->admin_port, config, max_connections));
  ADVAE_RETURN_IF_ERROR(parts->ServeHttp(config));
  parts->StartProbe(parts->admin_port);
  parts->StartProbe(parts->grpc_port);
  std::vector<LogField> addresses = {{"grpc", parts->grpc_port.address},
                                     {"metrics", parts->metrics_address}};
  if (!parts->http_address.empty()) addresses.emplace_back("http", parts->http_address);
  const std::string& admin_address = parts->admin_port.address;
  if (!admin_address.empty()) addresses.emplace_back("admin", admin_address);
  Log(LogLevel::kInfo, "serving", addresses);

  parts->poller = std::make_unique<RepositoryPoller>(parts->table, config.repository_poll_interval,
                                                     KeptDeletions{.age = config.keep_deleted});
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

void Server::AnnounceStop() {
  parts_->open_streams.Announce();
  // First, as they would set the metric again.
  parts_->grpc_port.probe.reset();
  parts_->admin_port.probe.reset();
  parts_->metrics.ready().Set(0);
}

Server::~Server() {
  parts_->poller.reset();
  AnnounceStop();
  parts_->open_streams.Drain();
  parts_->grpc_port.acceptor.reset();
  parts_->admin_port.acceptor.reset();
  // HTTP beside the others. No port takes the time of another: all end at the same moment.
  const absl::Time end = SteadyNow() + parts_->drain_timeout;
  if (parts_->http_server != nullptr) parts_->http_server->BeginDrain();
  parts_->grpc_port.Drain(end);
  parts_->admin_port.Drain(end);
  if (parts_->http_server != nullptr) {
    parts_->http_server->WaitUntilDrained(std::max(end - SteadyNow(), absl::ZeroDuration()));
  }
  parts_->http_server.reset();
}

const std::string& Server::grpc_address() const { return parts_->grpc_port.address; }
const std::string& Server::metrics_address() const { return parts_->metrics_address; }
const std::string& Server::http_address() const { return parts_->http_address; }
const std::string& Server::admin_address() const { return parts_->admin_port.address; }

}  // namespace advae
