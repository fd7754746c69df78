#include "server/metrics/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <limits>
#include <string>

#include "server/metrics/process_metrics.h"

namespace advae {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Export(const Metrics& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

void AddRow(v1::ScoreResponse& response, double score, double p, bool anomaly) {
  response.add_scores(score);
  response.add_p_values(p);
  response.add_anomalies(anomaly);
  response.add_statuses(std::isfinite(score) ? v1::ROW_STATUS_OK : v1::ROW_STATUS_NOT_FINITE);
}

TEST(MetricsTest, CountsTheRowsOfAResponse) {
  Metrics metrics;
  const auto model = metrics.ForModel("a");
  v1::ScoreResponse response;
  AddRow(response, 3, 0.05, true);  // the bound belongs to the bucket
  AddRow(response, 2, 0.35, false);
  AddRow(response, 1, 1.0, false);
  model->CountScores(response);

  const std::string text = Export(metrics);
  EXPECT_THAT(text, HasSubstr("advae_rows_scored_total{model=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("advae_alarms_total{model=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_count{model=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_bucket{model=\"a\",le=\"0.01\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_bucket{model=\"a\",le=\"0.05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_bucket{model=\"a\",le=\"0.4\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_bucket{model=\"a\",le=\"1\"} 3\n"));
}

TEST(MetricsTest, CountsInfiniteRowsAsAlarmsAndRowsWithANanAsInvalidOnly) {
  Metrics metrics;
  const auto model = metrics.ForModel("a");
  v1::ScoreResponse response;
  AddRow(response, 1, 0.5, false);
  AddRow(response, kInfinity, 0, true);
  AddRow(response, kInfinity, 0, true);
  AddRow(response, kNan, kNan, true);
  model->CountScores(response);

  const std::string text = Export(metrics);
  EXPECT_THAT(text, HasSubstr("advae_rows_scored_total{model=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("advae_alarms_total{model=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_count{model=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_bucket{model=\"a\",le=\"0.001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("advae_p_value_sum{model=\"a\"} 0.5\n"));
  EXPECT_THAT(text, HasSubstr("advae_invalid_rows_total{kind=\"nan\",model=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("advae_invalid_rows_total{kind=\"infinite\",model=\"a\"} 2\n"));
}

TEST(MetricsTest, CountsCellsByColumnAndKind) {
  Metrics metrics;
  auto model = metrics.ForModel("a");
  EXPECT_THAT(Export(metrics), Not(HasSubstr("advae_cells_total{")));
  model->CountCells("flow", {.missing = 3});
  model->CountCells("flow", {.missing = 4, .unseen = 1});
  model->CountCells("mode", {.unseen = 2});
  const std::string text = Export(metrics);
  for (const char* const line : {"{column=\"flow\",kind=\"missing\",model=\"a\"} 7\n",
                                 "{column=\"flow\",kind=\"unseen\",model=\"a\"} 1\n",
                                 "{column=\"mode\",kind=\"unseen\",model=\"a\"} 2\n"}) {
    EXPECT_THAT(text, HasSubstr("advae_cells_total" + std::string(line)));
  }
  EXPECT_THAT(text, Not(HasSubstr("{column=\"mode\",kind=\"missing\"")));
  model.reset();
  EXPECT_THAT(Export(metrics), Not(HasSubstr("advae_cells_total{")));
}

TEST(MetricsTest, CountsCellsOfABoundedNumberOfColumns) {
  Metrics metrics;
  const auto model = metrics.ForModel("a");
  for (size_t i = 0; i < ModelMetrics::kMaxCellColumns + 5; ++i) {
    model->CountCells("c" + std::to_string(i), {.missing = 1});
  }
  model->CountCells("c0", {.missing = 1});
  const std::string text = Export(metrics);
  EXPECT_THAT(text, HasSubstr("{column=\"c0\",kind=\"missing\",model=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{column=\"c99\",kind=\"missing\",model=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{column=\"(others)\",kind=\"missing\",model=\"a\"} 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("column=\"c100\"")));
}

TEST(MetricsTest, ReportsTrainingWithAllLossTerms) {
  Metrics metrics;
  const auto model = metrics.ForModel("a");
  v1::TrainProgress progress;
  progress.set_epoch(3);
  progress.set_epochs(7);
  progress.set_rows_per_second(1000);
  const auto* descriptor = v1::LossTerms::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    progress.mutable_losses()->GetReflection()->SetDouble(progress.mutable_losses(),
                                                          descriptor->field(i), i + 1);
  }
  model->SetTrainingProgress(progress);
  const std::string text = Export(metrics);
  EXPECT_THAT(text, HasSubstr("advae_training_epoch{model=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("advae_training_epochs{model=\"a\"} 7\n"));
  for (int i = 0; i < descriptor->field_count(); ++i) {
    EXPECT_THAT(text, HasSubstr("advae_training_loss{model=\"a\",term=\"" +
                                std::string(descriptor->field(i)->name()) + "\"} " +
                                std::to_string(i + 1)));
  }
}

TEST(MetricsTest, SeriesOfAModelGoWithTheirLastHolder) {
  Metrics metrics;
  auto first = metrics.ForModel("a");
  auto second = metrics.ForModel("a");
  EXPECT_EQ(first, second);
  const auto other = metrics.ForModel("b");
  first.reset();
  EXPECT_THAT(Export(metrics), HasSubstr("{model=\"a\""));
  second.reset();
  EXPECT_THAT(Export(metrics), Not(HasSubstr("{model=\"a\"")));
  EXPECT_THAT(Export(metrics), HasSubstr("{model=\"b\""));
  first = metrics.ForModel("a");
  EXPECT_THAT(Export(metrics), HasSubstr("{model=\"a\""));
}

TEST(MetricsTest, RpcMethodsAreBounded) {
  Metrics metrics;
  EXPECT_NE(&metrics.rpc().ForMethod("/advae.v1.AnomalyDetector/Score"),
            &metrics.rpc().ForMethod("/advae.v1.ModelRegistry/GetModel"));
  EXPECT_EQ(&metrics.rpc().ForMethod("/made.up/Method1"),
            &metrics.rpc().ForMethod("/made.up/Method2"));
  metrics.rpc()
      .ForMethod("/advae.v1.AnomalyDetector/Score")
      .Duration(grpc::StatusCode::NOT_FOUND)
      .Observe(0.0003);
  EXPECT_THAT(Export(metrics), HasSubstr("advae_rpc_duration_seconds_bucket{code=\"NOT_FOUND\","
                                         "method=\"AnomalyDetector/Score\",le=\"0.0005\"} 1\n"));
}

TEST(ProcessMetricsTest, ReadsThisProcess) {
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : ProcessMetrics().Collect()) {
    const auto& metric = family.metric.at(0);
    values[family.name] =
        family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value;
  }
  EXPECT_GT(values["process_resident_memory_bytes"], 1e6);
  EXPECT_GE(values["process_cpu_seconds_total"], 0);
  EXPECT_GT(values["process_start_time_seconds"], 1.6e9);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GE(values["process_max_fds"], values["process_open_fds"]);
  EXPECT_GE(values["process_threads"], 1);
}

}  // namespace
}  // namespace advae
