#include "model/table/time_parts.h"

#include <cmath>
#include <numbers>
#include <optional>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"

namespace advae {
namespace {

constexpr int kWeekdayOfEpoch = 3;  // 1970-01-01 was a Thursday
constexpr int kMinutesOfDay = 24 * 60;
constexpr int kMinuteStep = 5;
constexpr double kNearCentre = 0.1;

constexpr const char* kWeekdays[kDaysOfWeek] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                "Friday", "Saturday", "Sunday"};

// Where a cycle is after a share of it, in [0, 1).
CyclePoint PointAt(double share) {
  const double angle = 2 * std::numbers::pi * share;
  return {static_cast<float>(std::sin(angle)), static_cast<float>(std::cos(angle))};
}

// Which of `steps` equal steps of a cycle is nearest to a point; none for a point near no one.
std::optional<int> NearestStep(CyclePoint point, int steps) {
  // False for a NaN, too.
  if (!(std::hypot(point[0], point[1]) >= kNearCentre)) return std::nullopt;
  const double share = std::atan2(point[0], point[1]) / (2 * std::numbers::pi);  // [-0.5, 0.5]
  const int step = static_cast<int>(std::lround(share * steps));
  return (step + steps) % steps;
}

}  // namespace

TimeParts TimePartsOf(int64_t microseconds) {
  int64_t day = microseconds / kMicrosecondsOfDay;
  int64_t rest = microseconds % kMicrosecondsOfDay;
  if (rest < 0) {
    --day;
    rest += kMicrosecondsOfDay;
  }
  const int64_t weekday = ((day + kWeekdayOfEpoch) % kDaysOfWeek + kDaysOfWeek) % kDaysOfWeek;
  return {.microsecond = rest, .weekday = static_cast<int>(weekday)};
}

CyclePoint TimeOfDayPoint(int64_t microsecond) {
  return PointAt(static_cast<double>(microsecond) / static_cast<double>(kMicrosecondsOfDay));
}

CyclePoint WeekdayPoint(int weekday) { return PointAt(static_cast<double>(weekday) / kDaysOfWeek); }

std::string TimeOfDayText(CyclePoint point) {
  const std::optional<int> step = NearestStep(point, kMinutesOfDay / kMinuteStep);
  if (!step) return "any time";
  const int minute = *step * kMinuteStep;
  return absl::StrFormat("about %02d:%02d", minute / 60, minute % 60);
}

std::string WeekdayText(CyclePoint point) {
  const std::optional<int> day = NearestStep(point, kDaysOfWeek);
  return day ? kWeekdays[*day] : "any day";
}

bool HaveDates(int64_t minimum, int64_t maximum) {
  return minimum < 0 || maximum >= kMicrosecondsOfDay;
}

std::string TimeText(int64_t microseconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixMicros(microseconds),
                          absl::UTCTimeZone());
}

std::string ClockText(int64_t microseconds) {
  return absl::FormatTime("%H:%M:%E*S", absl::FromUnixMicros(microseconds), absl::UTCTimeZone());
}

}  // namespace advae
