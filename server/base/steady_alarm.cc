#include "server/base/steady_alarm.h"

namespace advae {

AlarmThread::~AlarmThread() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

AlarmThread::Key AlarmThread::Add(absl::Time time, std::function<void()> callback) {
  absl::MutexLock lock(&mutex_);
  const Key key = {time, count_++};
  waiting_.emplace(key, std::move(callback));
  if (waiting_.begin()->first == key) changed_.SignalAll();
  return key;
}

void AlarmThread::Remove(const Key& key) {
  // Destroyed after the lock is released, with all that the callback owns.
  std::map<Key, std::function<void()>>::node_type removed;
  absl::MutexLock lock(&mutex_);
  removed = waiting_.extract(key);
}

void AlarmThread::Run() {
  while (const std::function<void()> callback = TakeDue()) callback();
}

std::function<void()> AlarmThread::TakeDue() {
  absl::MutexLock lock(&mutex_);
  for (;;) {
    if (stopping_) return nullptr;
    const absl::Time next =
        waiting_.empty() ? absl::InfiniteFuture() : waiting_.begin()->first.first;
    if (!waiting_.empty() && next <= SteadyNow()) {
      return std::move(waiting_.extract(waiting_.begin()).mapped());
    }
    changed_.WaitUntil(mutex_, next);
  }
}

SteadyAlarm::~SteadyAlarm() {
  absl::MutexLock lock(&mutex_);
  if (key_) thread_.Remove(*key_);
}

void SteadyAlarm::Set(absl::Time time, std::function<void()> callback) {
  absl::MutexLock lock(&mutex_);
  if (key_) thread_.Remove(*key_);
  key_ = thread_.Add(time, std::move(callback));
}

}  // namespace advae
