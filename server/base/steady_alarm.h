#ifndef ADVAE_SERVER_BASE_STEADY_ALARM_H_
#define ADVAE_SERVER_BASE_STEADY_ALARM_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "model/base/steady_clock.h"

namespace advae {

// The thread on which alarms call back. Not gRPC's alarms, whose timers wait by the wall clock.
// Thread-safe.
class AlarmThread {
 public:
  AlarmThread() : thread_([this] { Run(); }) {}
  // What has not gone off by now never does.
  ~AlarmThread() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  friend class SteadyAlarm;
  // By time, then in the order in which they were set.
  using Key = std::pair<absl::Time, uint64_t>;

  Key Add(absl::Time time, std::function<void()> callback) ABSL_LOCKS_EXCLUDED(mutex_);
  void Remove(const Key& key) ABSL_LOCKS_EXCLUDED(mutex_);
  void Run();
  // Waits for the next one to be due; null when the thread is to end.
  std::function<void()> TakeDue() ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;
  SteadyCondVar changed_;
  std::map<Key, std::function<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  uint64_t count_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

// Calls back once, at a steady time, on an AlarmThread, which must not be kept waiting. Not set at
// first; does not go off once destroyed. An alarm that has just gone off may call back after it was
// set again or destroyed; its callback may do either. Thread-safe.
class SteadyAlarm {
 public:
  // `thread` outlives the alarm.
  explicit SteadyAlarm(AlarmThread& thread) : thread_(thread) {}
  ~SteadyAlarm();
  SteadyAlarm(const SteadyAlarm&) = delete;
  SteadyAlarm& operator=(const SteadyAlarm&) = delete;

  // Replaces what was set before.
  void Set(absl::Time time, std::function<void()> callback) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  AlarmThread& thread_;
  absl::Mutex mutex_;
  std::optional<AlarmThread::Key> key_ ABSL_GUARDED_BY(mutex_);  // when it was ever set
};

}  // namespace advae

#endif  // ADVAE_SERVER_BASE_STEADY_ALARM_H_
