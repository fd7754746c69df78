#ifndef ADVAE_MODEL_REPOSITORY_SAFETENSORS_H_
#define ADVAE_MODEL_REPOSITORY_SAFETENSORS_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace advae {

enum class DType { kF16, kBF16, kF32, kF64 };

// A named array as weight files hold it, row-major. Values of every dtype are held as double,
// which represents them exactly.
struct Tensor {
  DType dtype = DType::kF32;   // in the file
  std::vector<size_t> shape;   // empty for a scalar
  std::vector<double> values;  // size: the product of the shape
};

// By name.
using TensorMap = std::map<std::string, Tensor>;

// `shape` and `values` as kF32, and the values back.
Tensor FloatTensor(std::vector<size_t> shape, const std::vector<float>& values);
std::vector<float> ToFloats(const Tensor& tensor);

// Takes tensor `name`, of `rank` dimensions, out of `tensors`. kInvalidArgument when it is missing
// or has another number of dimensions.
absl::StatusOr<Tensor> TakeTensor(const std::string& name, size_t rank, TensorMap& tensors);

// Parses a safetensors file: the length of the header as a little-endian uint64, a JSON header with
// dtype, shape and data_offsets of each tensor, the data. kInvalidArgument when the bytes are not
// of that form, the header is larger than 1 MiB, a tensor lies outside the data or overlaps
// another, or has another dtype; the message names the tensor.
absl::StatusOr<TensorMap> ParseSafetensors(std::string_view bytes);

// The inverse: the same map gives the same bytes. 16-bit tensors are written as kF32, which
// represents them exactly.
std::string SerializeSafetensors(const TensorMap& tensors);

}  // namespace advae

#endif  // ADVAE_MODEL_REPOSITORY_SAFETENSORS_H_
