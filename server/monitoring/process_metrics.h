#ifndef ADVAE_SERVER_MONITORING_PROCESS_METRICS_H_
#define ADVAE_SERVER_MONITORING_PROCESS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace advae {

// The standard process_* metrics of this process, read from /proc at each scrape. Thread-safe.
class ProcessMetrics : public prometheus::Collectable {
 public:
  // A metric that cannot be read is left out.
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace advae

#endif  // ADVAE_SERVER_MONITORING_PROCESS_METRICS_H_
