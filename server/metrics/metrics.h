#ifndef ADVAE_SERVER_METRICS_METRICS_H_
#define ADVAE_SERVER_METRICS_METRICS_H_

#include <grpcpp/support/status.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/metrics/model_metrics.h"

// Every metric that the server exports, as typed references that are looked up once.
// docs/METRICS.md has the table with their meaning.

namespace advae {

struct BatcherMetrics {
  prometheus::Histogram& batch_rows;
  prometheus::Histogram& queue_wait_seconds;
  prometheus::Gauge& queued_rows;
  prometheus::Gauge& queue_limit_rows;
  prometheus::Gauge& queue_delay_seconds;
  prometheus::Gauge& max_queue_wait_seconds;
  prometheus::Gauge& multiply_adds_per_second;
};

// One RPC method. Thread-safe.
class MethodMetrics {
 public:
  MethodMetrics(std::string method, prometheus::Family<prometheus::Histogram>& durations,
                prometheus::Gauge& in_flight);

  // The value of the label `method`.
  const std::string& method() const { return method_; }
  prometheus::Gauge& in_flight() { return in_flight_; }
  // The histogram for RPCs that ended with `code`; it appears with the first of them.
  prometheus::Histogram& Duration(grpc::StatusCode code);

 private:
  static constexpr size_t kCodes = grpc::StatusCode::UNAUTHENTICATED + 1;

  const std::string method_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Gauge& in_flight_;
  std::array<std::atomic<prometheus::Histogram*>, kCodes> by_code_ = {};
};

// All methods of our services and of the Open Inference Protocol, those of HTTP, the requests of
// streams that go on when one fails, and one for whatever else is called: health checks, reflection
// and methods that do not exist.
class RpcMetrics {
 public:
  // The paths of what scores over HTTP, and of all else there.
  static constexpr char kHttpInfer[] = "/http/infer";
  static constexpr char kHttpScore[] = "/http/score";
  static constexpr char kHttpOther[] = "/http/other";
  // Of the requests of ModelStreamInfer.
  static constexpr char kStreamInfer[] = "/stream/infer";

  explicit RpcMetrics(prometheus::Registry& registry);

  // `path` as gRPC gives it: "/advae.v1.AnomalyDetector/Score".
  MethodMetrics& ForMethod(std::string_view path);

 private:
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Family<prometheus::Gauge>& in_flight_;
  std::map<std::string, MethodMetrics, std::less<>> by_path_;
  MethodMetrics other_;
};

// Trainings and imports.
struct JobMetrics {
  prometheus::Gauge& running;
  prometheus::Family<prometheus::Counter>& total;  // kind, outcome
};

// Connections of the gRPC port.
struct ConnectionMetrics {
  prometheus::Gauge& open;
  prometheus::Gauge& limit;
  prometheus::Counter& refused;
  prometheus::Counter& cut;  // as they had too many calls
};

// What calls hold of the server's memory.
struct CallMetrics {
  prometheus::Gauge& memory_bytes;
  prometheus::Gauge& memory_limit_bytes;
  prometheus::Counter& stalled;  // cancelled as their client took no answer
};

struct RegistryMetrics {
  prometheus::Counter& load_failures;
  prometheus::Gauge& last_sync;             // seconds since the epoch
  prometheus::Gauge& repository_available;  // 0 or 1
  prometheus::Gauge& unreadable_models;
  prometheus::Gauge& unreadable_versions;
  prometheus::Gauge& left_out_versions;
  prometheus::Gauge& memory_bytes;
  prometheus::Gauge& memory_limit_bytes;
};

// Owns the metrics of one server. Thread-safe.
class Metrics {
 public:
  Metrics();

  // What an exposer serves.
  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

  BatcherMetrics& batcher() { return batcher_; }
  RpcMetrics& rpc() { return rpc_; }
  JobMetrics& jobs() { return jobs_; }
  ConnectionMetrics& connections() { return connections_; }
  CallMetrics& calls() { return calls_; }
  RegistryMetrics& models() { return models_; }
  // 1 while new connections are answered and the server takes calls.
  prometheus::Gauge& ready() { return ready_; }
  // When the certificate ends that new connections get, in seconds since the epoch; +Inf without
  // TLS.
  prometheus::Gauge& certificate_expiry() { return certificate_expiry_; }
  // What callers were refused by their quotas: identity, quota.
  prometheus::Family<prometheus::Counter>& quota_refusals() { return quota_refusals_; }

  // The series of one model, shared by all who hold them and dropped with the last.
  std::shared_ptr<ModelMetrics> ForModel(const std::string& model);

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  BatcherMetrics batcher_;
  RpcMetrics rpc_;
  JobMetrics jobs_;
  ConnectionMetrics connections_;
  CallMetrics calls_;
  RegistryMetrics models_;
  prometheus::Gauge& ready_;
  prometheus::Gauge& certificate_expiry_;
  prometheus::Family<prometheus::Counter>& quota_refusals_;
  ModelMetricFamilies model_families_;

  absl::Mutex mutex_;
  std::map<std::string, std::weak_ptr<ModelMetrics>> by_model_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace advae

#endif  // ADVAE_SERVER_METRICS_METRICS_H_
