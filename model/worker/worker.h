#ifndef ADVAE_MODEL_WORKER_WORKER_H_
#define ADVAE_MODEL_WORKER_WORKER_H_

namespace advae {

// The worker that advae-server starts for each job (protocol: proto/advae/v1/job.proto): reads one
// job from the file descriptor `input` and writes its events to `output`, the last of them
// `finished` or `failed`. Returns the exit code of the process: 0 after `finished`, 1 otherwise.
//
// When `input` closes before the job is done, because the server died or the job was cancelled, the
// process exits at once with code 1. What it leaves in the repository's staging folder is removed
// later; published versions are never affected.
//
// Confines the process first, as far as the kernel can (confinement.h), and says on standard error
// what it cannot. Call once in a process, before other threads are made.
int RunWorker(int input, int output);

}  // namespace advae

#endif  // ADVAE_MODEL_WORKER_WORKER_H_
