// Reads any bytes as a safetensors file, and what was read back from what is written of it.

#include <string>
#include <string_view>

#include "model/repository/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using advae::testing::Require;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tensors = advae::ParseSafetensors(bytes);
  if (!tensors.ok()) return 0;
  size_t values = 0;
  for (const auto& [name, tensor] : *tensors) {
    size_t product = 1;
    for (const size_t extent : tensor.shape) product *= extent;
    Require(tensor.values.size() == product);
    values += product;
  }
  Require(values <= size);  // each takes two bytes or more
  const std::string written = advae::SerializeSafetensors(*tensors);
  const auto again = advae::ParseSafetensors(written);
  Require(again.ok() && advae::SerializeSafetensors(*again) == written);
  return 0;
}
