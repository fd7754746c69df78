// Reads any bytes as a zip archive, and as what torch.save writes.

#include <string_view>

#include "model/pytorch/state_dict.h"
#include "model/pytorch/zip_archive.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using advae::testing::Require;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  advae::IsPyTorchFile(bytes);
  const auto archive = advae::ZipArchive::Open(bytes);
  const auto tensors = advae::ParseStateDict(bytes);
  if (tensors.ok()) {
    Require(archive.ok());
    size_t values = 0;
    for (const auto& [name, tensor] : *tensors) values += tensor.values.size();
    Require(values <= size);
  }
  for (const absl::Status& status : {archive.status(), tensors.status()}) {
    Require(status.ok() || status.code() == absl::StatusCode::kInvalidArgument);
  }
  return 0;
}
