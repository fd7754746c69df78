#include "server/models/read_detector.h"

#include <new>
#include <utility>

namespace advae {

absl::StatusOr<std::shared_ptr<const Detector>> ReadDetector(const Repository& repository,
                                                             const std::string& model,
                                                             uint64_t version) {
  try {
    absl::StatusOr<VersionBundle> bundle = repository.Load(model, version);
    if (!bundle.ok()) return bundle.status();
    auto detector = Detector::Create(*std::move(bundle));
    if (!detector.ok()) return absl::DataLossError(detector.status().message());
    return detector;
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("memory ran out");
  }
}

}  // namespace advae
