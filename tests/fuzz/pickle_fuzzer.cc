// Reads any bytes as the pickle of a state dict.

#include <string_view>

#include "model/pytorch/pickle_reader.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors =
      advae::ReadStateDictPickle(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!tensors.ok()) {
    advae::testing::Require(tensors.status().code() == absl::StatusCode::kInvalidArgument);
  }
  return 0;
}
