#ifndef ADVAE_SERVER_PAGE_HISTORY_JSON_H_
#define ADVAE_SERVER_PAGE_HISTORY_JSON_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/http/http_message.h"
#include "server/jobs/job_runner.h"
#include "server/models/model_table.h"

namespace advae {

// What was scored with a model by the minute:
// {"model", "minutes": [{"start", "requests", "rows", "alarms", "expected_alarms", "unscored",
// "latency_p50", "latency_p99"}], "total": as a minute without start, "p_values": {"edges",
// "counts"}}. Latencies are seconds, null without requests.
HttpResponse HistoryResponse(const ModelState& model);

// {"models": [{"model", as a minute of HistoryResponse without start, "rows_by_minute"}]}.
HttpResponse HistoriesResponse(const std::vector<std::shared_ptr<const ModelState>>& models);

// {"model", "alarms": [{"time", "version", "score", "p_value", "alpha", "threshold", "status",
// "keys", "columns": [{"name", "contribution", "value", "expected"}]}], "near_alarms"}, the latest
// first, at most `limit` of each. Explains rows that nobody has explained yet as long as that takes
// some tens of milliseconds; columns of the others are null, as are those of rows whose values or
// version are gone.
HttpResponse AlarmsResponse(const ModelState& model, size_t limit);

// {"jobs": [{"model", "kind", "state", "start", "epoch", "epochs", "rows_per_second",
// "seconds_left"}]}; the last four null until they are known.
HttpResponse JobsResponse(const std::vector<JobState>& jobs);

}  // namespace advae

#endif  // ADVAE_SERVER_PAGE_HISTORY_JSON_H_
