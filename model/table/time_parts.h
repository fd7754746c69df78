#ifndef ADVAE_MODEL_TABLE_TIME_PARTS_H_
#define ADVAE_MODEL_TABLE_TIME_PARTS_H_

#include <array>
#include <cstdint>
#include <string>

namespace advae {

inline constexpr int64_t kMicrosecondsOfDay = int64_t{86'400} * 1'000'000;
inline constexpr int kDaysOfWeek = 7;

// A time in UTC.
struct TimeParts {
  int64_t microsecond;  // of the day, in [0, kMicrosecondsOfDay)
  int weekday;          // 0 for Monday to 6 for Sunday
};
// Of microseconds since the epoch, any of them.
TimeParts TimePartsOf(int64_t microseconds);

// A point of a cycle, a day or a week: the sine and the cosine of the share of it that has passed.
using CyclePoint = std::array<float, 2>;
CyclePoint TimeOfDayPoint(int64_t microsecond);
CyclePoint WeekdayPoint(int weekday);

// What a point between those of a cycle is nearest to, such as "about 14:30", to five minutes, and
// "Tuesday"; "any time" and "any day" for one that is near none, within a tenth of the centre.
std::string TimeOfDayText(CyclePoint point);
std::string WeekdayText(CyclePoint point);

// Whether the times of a column from `minimum` to `maximum` have dates: those without are of the
// first day.
bool HaveDates(int64_t minimum, int64_t maximum);

// Such as "2026-11-27T08:14:33.25Z".
std::string TimeText(int64_t microseconds);
// The time of day alone, such as "08:14:33.25".
std::string ClockText(int64_t microseconds);

}  // namespace advae

#endif  // ADVAE_MODEL_TABLE_TIME_PARTS_H_
