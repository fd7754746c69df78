#ifndef ADVAE_SERVER_METRICS_PROCESS_METRICS_H_
#define ADVAE_SERVER_METRICS_PROCESS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace advae {

// What concerns the process as a whole, at each scrape: the standard process_* metrics, read from
// /proc, and how many lines the log has dropped. Thread-safe.
class ProcessMetrics : public prometheus::Collectable {
 public:
  // A metric that cannot be read is left out.
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace advae

#endif  // ADVAE_SERVER_METRICS_PROCESS_METRICS_H_
