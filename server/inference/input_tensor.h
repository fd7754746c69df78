#ifndef ADVAE_SERVER_INFERENCE_INPUT_TENSOR_H_
#define ADVAE_SERVER_INFERENCE_INPUT_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "inference/inference.pb.h"

namespace advae {

// The values of one tensor of a request of the Open Inference Protocol, where they lie: valid as
// long as the request is not changed.
class InputTensor {
 public:
  // How values lie in memory.
  enum class Values {
    kBool,
    kInt8,
    kInt16,
    kInt32,
    kInt64,
    kUint8,
    kUint16,
    kUint32,
    kUint64,
    kFloat,
    kDouble,
    kTexts
  };

  // `raw` is the tensor's part of raw_input_contents, or null when it has contents of its own.
  // kInvalidArgument for a datatype that is not known or not taken (FP16), a shape without rows or
  // values, and contents that do not match datatype and shape; the message names the tensor.
  static absl::StatusOr<InputTensor> Create(
      const inference::ModelInferRequest::InferInputTensor& input, const std::string* raw);

  const std::string& name() const { return *name_; }
  // [rows, width]: the first dimension, and the product of the others.
  size_t rows() const { return rows_; }
  size_t width() const { return width_; }
  size_t dimensions() const { return dimensions_; }
  Values values() const { return values_; }

  // Calls function(T()) with the type of the values, which are not texts.
  template <typename Function>
  void VisitType(const Function& function) const;
  // All values, as T, row-major; they are not texts.
  template <typename T>
  void CopyTo(T* out) const;
  // Of kTexts, one for each value.
  const std::vector<std::string_view>& texts() const { return texts_; }

 private:
  absl::Status TakeShape(const inference::ModelInferRequest::InferInputTensor& input);
  absl::Status TakeRaw(std::string_view datatype, const std::string& raw);
  absl::Status TakeContents(std::string_view datatype,
                            const inference::InferTensorContents& contents);
  absl::Status TakeRawTexts(const std::string& raw);

  const std::string* name_ = nullptr;
  size_t rows_ = 0;
  size_t width_ = 1;
  size_t dimensions_ = 0;
  Values values_ = Values::kFloat;
  const char* data_ = nullptr;  // not aligned
  std::vector<std::string_view> texts_;
};

template <typename Function>
void InputTensor::VisitType(const Function& function) const {
  // NOLINTBEGIN(bugprone-branch-clone): of other types
  switch (values_) {
    case Values::kBool:
    case Values::kUint8:
      return function(uint8_t());
    case Values::kInt8:
      return function(int8_t());
    case Values::kInt16:
      return function(int16_t());
    case Values::kInt32:
      return function(int32_t());
    case Values::kInt64:
      return function(int64_t());
    case Values::kUint16:
      return function(uint16_t());
    case Values::kUint32:
      return function(uint32_t());
    case Values::kUint64:
      return function(uint64_t());
    case Values::kFloat:
      return function(float());
    case Values::kDouble:
      return function(double());
    case Values::kTexts:
      return;
  }
  // NOLINTEND(bugprone-branch-clone)
}

template <typename T>
void InputTensor::CopyTo(T* out) const {
  VisitType([this, out](auto type) {
    using Stored = decltype(type);
    const size_t count = rows_ * width_;
    if constexpr (std::is_same_v<Stored, T>) {
      std::memcpy(out, data_, count * sizeof(T));
    } else {
      for (size_t i = 0; i < count; ++i) {
        Stored value;
        std::memcpy(&value, data_ + i * sizeof(Stored), sizeof(Stored));
        out[i] = static_cast<T>(value);  // NOLINT(bugprone-signed-char-misuse): a number
      }
    }
  });
}

}  // namespace advae

#endif  // ADVAE_SERVER_INFERENCE_INPUT_TENSOR_H_
