#include "server/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/log/log.h"

namespace advae {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily Family(const char* name, const char* help, MetricType type, double value) {
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return {.name = name, .help = help, .type = type, .metric = {metric}};
}

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<double> Number(const std::string& text) {
  double value = 0;
  if (!absl::SimpleAtod(text, &value)) return std::nullopt;
  return value;
}

// Fields of /proc/self/stat from the third on (proc(5)); the second is a name in parentheses that
// may hold anything.
std::vector<std::string> StatFields() {
  const std::string stat = ReadFile("/proc/self/stat");
  const size_t end_of_name = stat.rfind(") ");
  if (end_of_name == std::string::npos) return {};
  return absl::StrSplit(stat.substr(end_of_name + 2), ' ');
}

// Seconds since the epoch at which the system started.
std::optional<double> BootTime() {
  for (const absl::string_view line : absl::StrSplit(ReadFile("/proc/stat"), '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words.size() == 2 && words[0] == "btime") return Number(words[1]);
  }
  return std::nullopt;
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const char* help, MetricType type,
                       std::optional<double> value) {
    if (value) families.push_back(Family(name, help, type, *value));
  };

  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const std::vector<std::string> stat = StatFields();
  if (stat.size() > 21) {
    const auto user = Number(stat[11]), system = Number(stat[12]);
    if (user && system) {
      add("process_cpu_seconds_total", "User and system CPU time spent.", MetricType::Counter,
          (*user + *system) / ticks);
    }
    add("process_threads", "Threads of the process.", MetricType::Gauge, Number(stat[17]));
    const auto boot = BootTime(), start = Number(stat[19]);
    if (boot && start) {
      add("process_start_time_seconds", "Start time since the epoch.", MetricType::Gauge,
          *boot + *start / ticks);
    }
    if (const auto pages = Number(stat[21])) {
      add("process_resident_memory_bytes", "Resident memory size.", MetricType::Gauge,
          *pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    }
  }
  std::error_code error;
  const std::filesystem::directory_iterator descriptors("/proc/self/fd", error);
  if (!error) {
    add("process_open_fds", "Open file descriptors.", MetricType::Gauge,
        static_cast<double>(std::distance(begin(descriptors), end(descriptors))));
  }
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add("process_max_fds", "Limit of open file descriptors.", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  }
  add("advae_log_lines_dropped_total", "Log lines dropped because they could not be written.",
      MetricType::Counter, static_cast<double>(DroppedLogLines()));
  return families;
}

}  // namespace advae
