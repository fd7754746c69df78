#include "server/page/history_json.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"
#include "server/history/model_history.h"
#include "server/http/json_text.h"
#include "server/inference/score_response.h"
#include "server/services/row_explanation.h"

namespace advae {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kExplainedColumns = 5;
constexpr absl::Duration kExplanationTime = absl::Milliseconds(50);

std::string TextOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

HttpResponse ResponseOf(const Json& json) { return {.body = JsonText(json)}; }

void AddCounts(const ScoreCounts& counts, Json& json) {
  json["requests"] = counts.requests;
  json["rows"] = counts.rows;
  json["alarms"] = counts.alarms;
  json["expected_alarms"] = counts.expected_alarms;
  json["unscored"] = counts.unscored;
  const auto quantile = [&](double q) {
    return counts.requests == 0 ? Json(nullptr)
                                : Json(absl::ToDoubleSeconds(counts.LatencyQuantile(q)));
  };
  json["latency_p50"] = quantile(0.5);
  json["latency_p99"] = quantile(0.99);
}

std::vector<ModelHistory::Minute> MinutesOf(const ModelState& model, absl::Time now) {
  return model.history == nullptr ? std::vector<ModelHistory::Minute>()
                                  : model.history->Minutes(now);
}

ScoreCounts TotalOf(const std::vector<ModelHistory::Minute>& minutes) {
  ScoreCounts total;
  for (const ModelHistory::Minute& minute : minutes) total += minute.counts;
  return total;
}

Json ColumnsOf(const std::vector<ExplainedColumn>& columns) {
  Json json = Json::array();
  for (const auto& [contribution, number] : columns) {
    Json column = {{"name", contribution.name()},
                   {"contribution", JsonNumber(contribution.contribution())}};
    if (contribution.missing()) {
      column["value"] = nullptr;
    } else if (contribution.value().empty()) {
      column["value"] = JsonNumber(number);
    } else {
      column["value"] = contribution.value();
    }
    if (contribution.expected_value().empty()) {
      column["expected"] = JsonNumber(contribution.expected());
    } else {
      column["expected"] = contribution.expected_value();
    }
    json.push_back(std::move(column));
  }
  return json;
}

// Explains rows of one model, as long as there is time.
class Explainer {
 public:
  explicit Explainer(const ModelState& model) : model_(model) {}

  // The rows as an array.
  Json Explained(std::vector<KeptRow> rows, size_t limit) {
    Json json = Json::array();
    if (rows.size() > limit) rows.resize(limit);
    for (const KeptRow& kept : rows) json.push_back(Explained(kept));
    return json;
  }

 private:
  Json Explained(const KeptRow& kept) {
    const ScoredRow& row = *kept.row;
    Json json = {{"time", TextOf(row.time)},
                 {"version", row.request.version()},
                 {"score", JsonNumber(row.score)},
                 {"p_value", JsonNumber(row.p_value)},
                 {"alpha", row.alpha},
                 {"threshold", JsonNumber(row.threshold)},
                 {"status", advae::TextOf(row.status)},
                 {"keys", Json::object()},
                 {"columns", nullptr}};
    const auto version = model_.versions.find(row.request.version());
    if (version == model_.versions.end()) return json;
    for (const auto& [name, text] : KeysOfRow(*version->second, row.request)) {
      json["keys"][name] = text;
    }
    if (kept.columns != nullptr) {
      json["columns"] = ColumnsOf(*kept.columns);
    } else if (SteadyNow() < end_) {
      auto columns = ExplainRow(*version->second, row.request, kExplainedColumns);
      if (!columns.ok()) return json;
      json["columns"] = ColumnsOf(*columns);
      model_.history->SetColumns(kept.id, *std::move(columns));
    }
    return json;
  }

  const ModelState& model_;
  const absl::Time end_ = SteadyNow() + kExplanationTime;
};

}  // namespace

HttpResponse HistoryResponse(const ModelState& model) {
  const absl::Time steady = SteadyNow();
  const absl::Time wall = absl::Now();
  const std::vector<ModelHistory::Minute> minutes = MinutesOf(model, steady);
  Json json = {{"model", model.name}, {"minutes", Json::array()}};
  for (const ModelHistory::Minute& minute : minutes) {
    Json counts = {{"start", TextOf(wall - (steady - minute.start))}};
    AddCounts(minute.counts, counts);
    json["minutes"].push_back(std::move(counts));
  }
  const ScoreCounts total = TotalOf(minutes);
  json["total"] = Json::object();
  AddCounts(total, json["total"]);
  json["p_values"] = {{"edges", kPValueEdges}, {"counts", total.p_values}};
  return ResponseOf(json);
}

HttpResponse HistoriesResponse(const std::vector<std::shared_ptr<const ModelState>>& models) {
  const absl::Time now = SteadyNow();
  Json json = {{"models", Json::array()}};
  for (const auto& model : models) {
    const std::vector<ModelHistory::Minute> minutes = MinutesOf(*model, now);
    Json counts = {{"model", model->name}};
    AddCounts(TotalOf(minutes), counts);
    counts["rows_by_minute"] = Json::array();
    for (const ModelHistory::Minute& minute : minutes) {
      counts["rows_by_minute"].push_back(minute.counts.rows);
    }
    json["models"].push_back(std::move(counts));
  }
  return ResponseOf(json);
}

HttpResponse AlarmsResponse(const ModelState& model, size_t limit) {
  Json json = {{"model", model.name}, {"alarms", Json::array()}, {"near_alarms", Json::array()}};
  if (model.history != nullptr) {
    Explainer explainer(model);
    json["alarms"] = explainer.Explained(model.history->Alarms(), limit);
    json["near_alarms"] = explainer.Explained(model.history->NearAlarms(), limit);
  }
  return ResponseOf(json);
}

HttpResponse JobsResponse(const std::vector<JobState>& jobs) {
  Json json = {{"jobs", Json::array()}};
  for (const JobState& job : jobs) {
    Json state = {{"model", job.model},
                  {"kind", NameOf(job.kind)},
                  {"state", job.is_running ? "running" : "uploading"},
                  {"start", TextOf(job.start)},
                  {"epoch", nullptr},
                  {"epochs", nullptr},
                  {"rows_per_second", nullptr},
                  {"seconds_left", nullptr}};
    if (job.progress) {
      state["epoch"] = job.progress->epoch();
      state["epochs"] = job.progress->epochs();
      state["rows_per_second"] = JsonNumber(job.progress->rows_per_second());
      state["seconds_left"] = job.progress->time_left().seconds();
    }
    json["jobs"].push_back(std::move(state));
  }
  return ResponseOf(json);
}

}  // namespace advae
