#ifndef ADVAE_MODEL_WORKER_JOB_H_
#define ADVAE_MODEL_WORKER_JOB_H_

#include <functional>

#include "absl/status/statusor.h"
#include "advae/v1/job.pb.h"
#include "advae/v1/types.pb.h"

namespace advae {

// Called with the events `started` and `progress` of a job, on the thread that runs it.
using JobCallback = std::function<void(const v1::JobEvent&)>;

// Does a job: trains a model, or imports the weights of one, makes a version bundle of it,
// publishes it to the repository and lets it serve, unless the spec keeps the serving version and
// there is one. Returns the published version. Blocks until then; a job that fails publishes
// nothing.
//
// An import reports no events. Scores the training rows with `job.threads` threads; training itself
// uses one.
//
// kInvalidArgument for a job without work, a bad name, alpha, hyper-parameter, latent plan or
// feature name (all checked before the training), fewer than two rows, values that are not finite
// (the message names row and column), weights that do not fit, and a training that diverges;
// kResourceExhausted when memory runs out, or the version takes more than job.max_version_bytes;
// otherwise the errors of Repository, ReadRowFile, EncodeTableFile, Train
// and ReadWeightFile.
absl::StatusOr<v1::VersionInfo> RunJob(const v1::Job& job, const JobCallback& on_event);

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_JOB_H_
