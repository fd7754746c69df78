#include "server/server.h"

#include <grpc/support/time.h>
#include <grpcpp/grpcpp.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

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
            open_sockets, metrics.connections()) {
    metrics.calls().memory_limit_bytes.Set(static_cast<double>(config.max_call_bytes));
    metrics.batcher().queue_limit_rows.Set(static_cast<double>(config.batching.max_queued_rows));
    metrics.batcher().max_queue_wait_seconds.Set(
        absl::ToDoubleSeconds(config.batching.max_queue_wait));
  }

  absl::Status ServeMetrics(const ServerConfig& config);
  absl::Status ServeHttp(const ServerConfig& config);

  CallThreads call_threads() { return {.changes = change_threads, .reads = read_threads}; }

  const absl::Duration drain_timeout;
  Metrics metrics;
  const ProcessMetrics process_metrics = {};
  CallLog call_log;
  // Above all that may own a call after gRPC has done with it.
  Security security;
  MessageLimits message_limits;
  ProbeConnection probe_connection;
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
  std::unique_ptr<grpc::Server> grpc_server;
  std::string grpc_address;
  std::unique_ptr<ConnectionAcceptor> acceptor;
  std::unique_ptr<ReadinessProbe> probe;
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

void NoteReadiness(bool answered, prometheus::Gauge& ready) {
  ready.Set(answered ? 1 : 0);
  if (answered) return Log(LogLevel::kInfo, "new connections are answered", {});
  Log(LogLevel::kError, "not ready: a new connection got no answer", {});
}

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

  ADVAE_ASSIGN_OR_RETURN(ListeningSockets listening,
                         ListenFor("gRPC", config.listen, config.security));
  parts->grpc_address = WithPort(config.listen, listening.port);
  const std::string own_address = listening.own_address;
  auto grpc =
      ServeGrpc(config,
                {.metrics = parts->metrics.rpc(),
                 .access = parts->security.access(),
                 .call_log = parts->call_log,
                 .stall_watch = parts->stall_watch,
                 .connection_calls = parts->connection_calls,
                 .tls_keys = parts->security.tls_keys(),
                 .probe = parts->probe_connection},
                {&parts->detector_service, &parts->registry_service, &parts->inference_service,
                 &parts->health_service, &parts->reflection_service});
  if (!grpc.ok()) return grpc.status();
  parts->grpc_server = std::move(grpc->server);
  auto acceptor = ConnectionAcceptor::Start(
      std::move(listening),
      {.max_connections = max_connections, .max_send_stall = config.transport.max_send_stall},
      parts->open_sockets, parts->metrics.connections(), std::move(grpc->connection_handler));
  if (!acceptor.ok()) return acceptor.status();
  parts->acceptor = *std::move(acceptor);

  ADVAE_RETURN_IF_ERROR(parts->ServeHttp(config));
  parts->probe = std::make_unique<ReadinessProbe>(
      own_address, ProbeOptions{}, parts->probe_connection,
      [&ready = parts->metrics.ready()](bool answered) { NoteReadiness(answered, ready); });
  std::vector<LogField> addresses = {{"grpc", parts->grpc_address},
                                     {"metrics", parts->metrics_address}};
  if (!parts->http_address.empty()) addresses.emplace_back("http", parts->http_address);
  Log(LogLevel::kInfo, "serving", addresses);

  parts->poller = std::make_unique<RepositoryPoller>(parts->table, config.repository_poll_interval,
                                                     KeptDeletions{.age = config.keep_deleted});
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

void Server::AnnounceStop() {
  parts_->open_streams.Announce();
  // First, as it would set the metric again.
  parts_->probe.reset();
  parts_->metrics.ready().Set(0);
}

Server::~Server() {
  parts_->poller.reset();
  AnnounceStop();
  parts_->open_streams.Drain();
  parts_->acceptor.reset();
  // Side by side, so that neither takes the other's time.
  const absl::Time end = SteadyNow() + parts_->drain_timeout;
  if (parts_->http_server != nullptr) parts_->http_server->BeginDrain();
  // By the clock that nobody sets.
  parts_->grpc_server->Shutdown(gpr_time_add(
      gpr_now(GPR_CLOCK_MONOTONIC),
      gpr_time_from_nanos(absl::ToInt64Nanoseconds(parts_->drain_timeout), GPR_TIMESPAN)));
  parts_->grpc_server->Wait();
  if (parts_->http_server != nullptr) {
    parts_->http_server->WaitUntilDrained(std::max(end - SteadyNow(), absl::ZeroDuration()));
  }
  parts_->http_server.reset();
}

const std::string& Server::grpc_address() const { return parts_->grpc_address; }
const std::string& Server::metrics_address() const { return parts_->metrics_address; }
const std::string& Server::http_address() const { return parts_->http_address; }

}  // namespace advae
