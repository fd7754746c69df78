#ifndef ADVAE_SERVER_JOBS_UPLOAD_RESOURCES_H_
#define ADVAE_SERVER_JOBS_UPLOAD_RESOURCES_H_

#include <cstdint>

#include "server/base/steady_alarm.h"
#include "server/base/work_pool.h"
#include "server/jobs/job_runner.h"
#include "server/jobs/upload_pace.h"

namespace advae {

// What the calls that upload share. All of it outlives them.
struct UploadResources {
  JobRunner& runner;
  // Write what is uploaded: one thread for each job that there may be, and one more, which is left
  // to refuse uploads when the disk hangs in all others.
  WorkPool& threads;
  // Most bytes of one upload.
  uint64_t max_bytes;
  UploadLimits limits;
  // Ends uploads that are too slow.
  AlarmThread& alarms;
};

}  // namespace advae

#endif  // ADVAE_SERVER_JOBS_UPLOAD_RESOURCES_H_
