#include "server/metrics/metrics.h"

#include <google/protobuf/descriptor.h>

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "advae/v1/detector.pb.h"
#include "advae/v1/registry.pb.h"
#include "inference/inference.pb.h"
#include "server/metrics/status_code_name.h"

namespace advae {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Histogram;
using prometheus::Registry;

// From 50 microseconds, a one-row request on loopback, to a minute.
const Histogram::BucketBoundaries& DurationBuckets() {
  static const auto& buckets = *new Histogram::BucketBoundaries{
      0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
      0.05,    0.1,    0.25,    0.5,    1,     2.5,    5,     10,   60};
  return buckets;
}

BatcherMetrics BuildBatcherMetrics(Registry& registry) {
  return {
      .batch_rows =
          BuildHistogram()
              .Name("advae_batch_rows")
              .Help("Rows in a batch.")
              .Register(registry)
              .Add({}, Histogram::BucketBoundaries{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}),
      .queue_wait_seconds = BuildHistogram()
                                .Name("advae_queue_wait_seconds")
                                .Help("Time that rows waited for a scoring thread.")
                                .Register(registry)
                                .Add({}, DurationBuckets()),
      .queued_rows = BuildGauge()
                         .Name("advae_queued_rows")
                         .Help("Rows waiting for a scoring thread.")
                         .Register(registry)
                         .Add({}),
      .queue_limit_rows = BuildGauge()
                              .Name("advae_queue_limit_rows")
                              .Help("Limit of rows waiting for a scoring thread.")
                              .Register(registry)
                              .Add({}),
      .queue_delay_seconds = BuildGauge()
                                 .Name("advae_queue_delay_seconds")
                                 .Help("Predicted time until the queue is scored.")
                                 .Register(registry)
                                 .Add({}),
      .max_queue_wait_seconds = BuildGauge()
                                    .Name("advae_max_queue_wait_seconds")
                                    .Help("Limit of the wait of a request without a deadline.")
                                    .Register(registry)
                                    .Add({}),
      .multiply_adds_per_second = BuildGauge()
                                      .Name("advae_multiply_adds_per_second")
                                      .Help("Measured speed of a scoring thread.")
                                      .Register(registry)
                                      .Add({}),
  };
}

JobMetrics BuildJobMetrics(Registry& registry) {
  return {
      .running = BuildGauge()
                     .Name("advae_jobs_running")
                     .Help("Trainings and imports running in a worker process.")
                     .Register(registry)
                     .Add({}),
      .total = BuildCounter()
                   .Name("advae_jobs_total")
                   .Help("Trainings and imports that ended, by outcome.")
                   .Register(registry),
  };
}

ConnectionMetrics BuildConnectionMetrics(Registry& registry) {
  return {
      .open = BuildGauge()
                  .Name("advae_connections")
                  .Help("Open connections of the gRPC port.")
                  .Register(registry)
                  .Add({}),
      .limit = BuildGauge()
                   .Name("advae_connection_limit")
                   .Help("Limit of open connections.")
                   .Register(registry)
                   .Add({}),
      .refused = BuildCounter()
                     .Name("advae_connections_refused_total")
                     .Help("Connections closed at once because too many were open.")
                     .Register(registry)
                     .Add({}),
      .cut = BuildCounter()
                 .Name("advae_connections_cut_total")
                 .Help("Connections cut because they had too many calls.")
                 .Register(registry)
                 .Add({}),
  };
}

CallMetrics BuildCallMetrics(Registry& registry) {
  return {
      .memory_bytes = BuildGauge()
                          .Name("advae_call_memory_bytes")
                          .Help("Estimated memory of the messages of calls in flight.")
                          .Register(registry)
                          .Add({}),
      .memory_limit_bytes = BuildGauge()
                                .Name("advae_call_memory_limit_bytes")
                                .Help("Limit of the memory of the messages of calls.")
                                .Register(registry)
                                .Add({}),
      .stalled = BuildCounter()
                     .Name("advae_stalled_calls_total")
                     .Help("Calls cancelled because their client did not read the answer.")
                     .Register(registry)
                     .Add({}),
  };
}

prometheus::Gauge& OneGauge(Registry& registry, const char* name, const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

RegistryMetrics BuildRegistryMetrics(Registry& registry) {
  return {
      .load_failures = BuildCounter()
                           .Name("advae_load_failures_total")
                           .Help("Versions in the repository that could not be loaded.")
                           .Register(registry)
                           .Add({}),
      .last_sync = OneGauge(registry, "advae_repository_sync_timestamp_seconds",
                            "When the repository was last read without an error."),
      .repository_available =
          OneGauge(registry, "advae_repository_available", "1 while the repository can be read."),
      .unreadable_models =
          OneGauge(registry, "advae_unreadable_models", "Models whose folders cannot be read."),
      .unreadable_versions = OneGauge(registry, "advae_unreadable_versions",
                                      "Versions that are damaged or cannot be read."),
      .left_out_versions =
          OneGauge(registry, "advae_versions_left_out", "Versions not loaded for lack of memory."),
      .memory_bytes = OneGauge(registry, "advae_models_memory_bytes",
                               "Estimated memory of the loaded versions."),
      .memory_limit_bytes = OneGauge(registry, "advae_models_memory_limit_bytes",
                                     "Limit of the memory of versions, including loading."),
  };
}

}  // namespace

MethodMetrics::MethodMetrics(std::string method, prometheus::Family<Histogram>& durations,
                             prometheus::Gauge& in_flight)
    : method_(std::move(method)), durations_(durations), in_flight_(in_flight) {}

Histogram& MethodMetrics::Duration(grpc::StatusCode code) {
  const size_t index = static_cast<size_t>(code) < kCodes ? code : grpc::StatusCode::UNKNOWN;
  std::atomic<Histogram*>& slot = by_code_[index];
  if (Histogram* const known = slot.load(std::memory_order_acquire)) return *known;
  // Adding the same labels twice gives the same child, so a race is harmless.
  Histogram& added =
      durations_.Add({{"method", method_}, {"code", StatusCodeName(code)}}, DurationBuckets());
  slot.store(&added, std::memory_order_release);
  return added;
}

RpcMetrics::RpcMetrics(Registry& registry)
    : durations_(BuildHistogram()
                     .Name("advae_rpc_duration_seconds")
                     .Help("Duration of RPCs; of streams, from first to last message.")
                     .Register(registry)),
      in_flight_(
          BuildGauge().Name("advae_rpcs_in_flight").Help("RPCs in progress.").Register(registry)),
      other_("other", durations_, in_flight_.Add({{"method", "other"}})) {
  for (const char* path : {kHttpInfer, kHttpScore, kHttpOther, kStreamInfer}) {
    by_path_.try_emplace(path, path + 1, durations_, in_flight_.Add({{"method", path + 1}}));
  }
  // Of the files of these messages.
  for (const google::protobuf::Descriptor* message :
       {v1::ScoreRequest::descriptor(), v1::GetModelRequest::descriptor(),
        inference::ModelInferRequest::descriptor()}) {
    const google::protobuf::ServiceDescriptor* service = message->file()->service(0);
    for (int i = 0; i < service->method_count(); ++i) {
      const std::string label = absl::StrCat(service->name(), "/", service->method(i)->name());
      by_path_.try_emplace(absl::StrCat("/", service->file()->package(), ".", label), label,
                           durations_, in_flight_.Add({{"method", label}}));
    }
  }
}

MethodMetrics& RpcMetrics::ForMethod(std::string_view path) {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? other_ : found->second;
}

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      batcher_(BuildBatcherMetrics(*registry_)),
      rpc_(*registry_),
      jobs_(BuildJobMetrics(*registry_)),
      connections_(BuildConnectionMetrics(*registry_)),
      calls_(BuildCallMetrics(*registry_)),
      models_(BuildRegistryMetrics(*registry_)),
      ready_(BuildGauge()
                 .Name("advae_ready")
                 .Help("1 while new connections are answered, 0 otherwise and while draining.")
                 .Register(*registry_)
                 .Add({})),
      certificate_expiry_(BuildGauge()
                              .Name("advae_tls_certificate_expiry_seconds")
                              .Help("When the server's certificate ends, in seconds since the "
                                    "epoch; +Inf without TLS.")
                              .Register(*registry_)
                              .Add({})),
      quota_refusals_(BuildCounter()
                          .Name("advae_quota_refusals_total")
                          .Help("What callers were refused by their quotas.")
                          .Register(*registry_)),
      model_families_(*registry_) {
  certificate_expiry_.Set(std::numeric_limits<double>::infinity());
  BuildGauge()
      .Name("advae_build_info")
      .Help("Always 1; the label is the running version.")
      .Register(*registry_)
      .Add({{"version", ADVAE_VERSION}})
      .Set(1);
}

std::shared_ptr<ModelMetrics> Metrics::ForModel(const std::string& model) {
  // Whose end, with the last holder, takes the series away, unless the model has come back in the
  // meantime: then the series have new holders.
  struct Series {
    Series(Metrics& owner, const std::string& name)
        : all(owner), model(name), metrics(owner.model_families_, name) {}
    ~Series() {
      absl::MutexLock lock(&all.mutex_);
      const auto found = all.by_model_.find(model);
      if (found == all.by_model_.end() || !found->second.expired()) return;
      all.by_model_.erase(found);
      metrics.RemoveSeries();
    }
    Metrics& all;
    const std::string model;
    ModelMetrics metrics;
  };
  absl::MutexLock lock(&mutex_);
  std::weak_ptr<ModelMetrics>& slot = by_model_[model];
  if (std::shared_ptr<ModelMetrics> existing = slot.lock()) return existing;
  const auto series = std::make_shared<Series>(*this, model);
  std::shared_ptr<ModelMetrics> created(series, &series->metrics);
  slot = created;
  return created;
}

}  // namespace advae
