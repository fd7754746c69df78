#ifndef ADVAE_TESTS_INTEGRATION_HARNESS_METRICS_PAGE_H_
#define ADVAE_TESTS_INTEGRATION_HARNESS_METRICS_PAGE_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace advae::testing {

// What a server shows at /metrics, at one moment.
class MetricsPage {
 public:
  // Asks the server at HOST:PORT. kUnavailable when it does not answer, kInternal when its answer
  // is no text in Prometheus' exposition format.
  static absl::StatusOr<MetricsPage> Fetch(const std::string& address);

  // The value of a series as the page writes it, with the labels by name:
  // `advae_rows_scored_total{model="letter"}`. Empty when there is no such series.
  std::optional<double> Value(const std::string& series) const;

  // True when a series has `text` in its name or labels.
  bool Mentions(const std::string& text) const;

 private:
  std::map<std::string, double> series_;
};

// The body of the answer to GET http://ADDRESS/PATH. kUnavailable when there is none with code 200.
absl::StatusOr<std::string> HttpGet(const std::string& address, const std::string& path);

}  // namespace advae::testing

#endif  // ADVAE_TESTS_INTEGRATION_HARNESS_METRICS_PAGE_H_
