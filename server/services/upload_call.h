#ifndef ADVAE_SERVER_SERVICES_UPLOAD_CALL_H_
#define ADVAE_SERVER_SERVICES_UPLOAD_CALL_H_

#include <memory>
#include <type_traits>
#include <utility>

#include "model/base/error_subject.h"
#include "model/base/status_macros.h"
#include "model/base/steady_clock.h"
#include "server/base/steady_alarm.h"
#include "server/calls/shared_call.h"
#include "server/jobs/upload.h"
#include "server/jobs/upload_resources.h"
#include "server/jobs/upload_state.h"
#include "server/messages/received.h"

namespace advae {

// A call that uploads the input of a job and waits for its end. Messages are read one at a time,
// each after the one before it has been written by a thread that is not gRPC's: a disk that hangs
// holds up uploads only. One that is too slow ends with DEADLINE_EXCEEDED. `Base` is a SharedCall
// that reads Received, which hold the type `Request`. The first message has a `spec`, and no other.
template <typename Base, typename Request>
class UploadCall : public Base {
 public:
  void OnReadDone(bool ok) final {
    // A stream that was cut is no complete upload.
    if (!ok && this->context().IsCancelled()) return OnCancel();
    if (state_.BeginWrite()) Submit([this, ok] { Write(ok); });
  }

  // Ends the call at once, whatever its job or a disk is doing.
  void OnCancel() final {
    const UploadState::Closed closed = state_.Close();
    if (closed.job != nullptr) closed.job->Cancel();
    this->End(absl::CancelledError("the call was cancelled"));
    if (closed.was_reading) Submit([this] { upload_.reset(); });
  }

 protected:
  using Spec = std::remove_cvref_t<decltype(std::declval<const Request&>().spec())>;

  UploadCall(grpc::CallbackServerContext& context, CallPermit permit,
             const UploadResources& resources, MessageLimits& limits, JobKind kind)
      : Base(context),
        resources_(resources),
        kind_(kind),
        state_(resources.limits, SteadyNow()),
        received_(request_, limits, std::move(permit)),
        alarm_(resources.alarms) {}

  JobMemoryLimits MemoryLimits() const { return resources_.runner.MemoryLimits(); }
  // These two exist for TakeData and MakeJob.
  const Spec& spec() const { return spec_; }
  Upload& upload() { return *upload_; }

 private:
  // These three run on a thread for uploads.
  virtual absl::Status CheckSpec(const Spec& spec) const = 0;
  // Checks a message after the spec and writes what it brings.
  virtual absl::Status TakeData(const Request& request) = 0;
  // The job for what has been uploaded.
  virtual absl::StatusOr<v1::Job> MakeJob() = 0;
  virtual void OnEvent(const v1::JobEvent& event) = 0;
  // The job has made `version`; the call, which is held, ends next.
  virtual void OnVersion(const v1::VersionInfo& version) = 0;

  void Start() final {
    WatchPace();
    Read();
  }

  void Read() {
    if (this->Hold()) {
      const bool reads = state_.BeginRead(SteadyNow());
      if (reads) this->StartRead(&received_);
      this->Release();
      if (reads) return;
    }
    upload_.reset();  // the call has ended meanwhile
  }

  void Write(bool more) {
    const absl::Status status = !more                     ? StartJob()
                                : received_.status().ok() ? Take(request_)
                                                          : received_.status();
    if (status.ok()) {
      if (more) Read();
      return;
    }
    state_.Close();
    upload_.reset();  // frees the model before the client can try again
    this->End(status);
  }

  static absl::Status SpecError(const char* message) {
    return AtField(absl::InvalidArgumentError(message), "spec");
  }

  absl::Status Take(const Request& request) {
    if (!request.has_spec()) {
      if (upload_ != nullptr) return TakeData(request);
      return SpecError("the first message has no spec; expected the spec first");
    }
    if (upload_ != nullptr) return SpecError("the spec was sent twice");
    ADVAE_RETURN_IF_ERROR(AtField(CheckSpec(request.spec()), "spec"));
    spec_ = request.spec();
    const Caller& caller = received_.permit().caller();
    ADVAE_ASSIGN_OR_RETURN(QuotaHold share, caller.TakeTraining([this, &caller] {
      return resources_.runner.StoredBy(caller.name);
    }));
    ADVAE_ASSIGN_OR_RETURN(upload_, Upload::Create(resources_.runner, spec_.model(), kind_,
                                                   resources_.max_bytes, std::move(share)));
    return absl::OkStatus();
  }

  absl::Status StartJob() {
    if (upload_ == nullptr) {
      return SpecError("no spec was sent; expected it as the first message");
    }
    ADVAE_ASSIGN_OR_RETURN(v1::Job job, MakeJob());
    job.set_created_by(received_.permit().caller().name);
    ADVAE_ASSIGN_OR_RETURN(JobCancellation created, JobCancellation::Create());
    const auto cancellation = std::make_shared<JobCancellation>(std::move(created));
    if (!state_.BeginJob(cancellation)) return absl::CancelledError("the call was cancelled");
    const auto owner = this->shared_from_this();
    return upload_->StartJob(
        std::move(job), cancellation,
        {.on_event = [this, owner](const v1::JobEvent& event) { OnEvent(event); },
         .on_done = [this, owner](const auto& version) { OnJobDone(version); }});
  }

  void OnJobDone(const absl::StatusOr<v1::VersionInfo>& version) {
    upload_.reset();  // nothing of it is left when the client knows
    if (version.ok() && this->Hold()) {
      OnVersion(*version);
      this->Release();
    }
    this->End(version.status());
  }

  void WatchPace() {
    const auto next = state_.NextPaceCheck(SteadyNow());
    if (!next) return;
    alarm_.Set(*next, [this, weak = this->weak_from_this()] {
      if (const auto owner = weak.lock()) CheckPace();
    });
  }

  void CheckPace() {
    const auto too_slow = state_.CloseIfTooSlow(SteadyNow());
    if (!too_slow) return WatchPace();
    // Where a message is being written, the one who does that cleans up.
    if (!too_slow->was_reading) return this->End(too_slow->status);
    Submit([this, status = too_slow->status] {
      upload_.reset();  // frees the model before the client can try again
      this->End(status);
    });
  }

  void Submit(WorkPool::Work work) {
    const absl::Status status = resources_.threads.Submit(
        [owner = this->shared_from_this(), work = std::move(work)] { work(); });
    if (status.ok()) return;
    state_.Close();
    this->End(status);
  }

  const UploadResources resources_;
  const JobKind kind_;
  UploadState state_;
  Request request_;
  Received received_;  // into request_
  // Of the thread that writes; of the job's, when there is one.
  Spec spec_;
  std::unique_ptr<Upload> upload_;  // null before the spec
  SteadyAlarm alarm_;
};

}  // namespace advae

#endif  // ADVAE_SERVER_SERVICES_UPLOAD_CALL_H_
