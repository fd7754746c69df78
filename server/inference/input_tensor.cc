#include "server/inference/input_tensor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "server/base/shown_text.h"

namespace advae {
namespace {

using inference::InferTensorContents;
using Input = inference::ModelInferRequest::InferInputTensor;
using Values = InputTensor::Values;

static_assert(std::endian::native == std::endian::little);

// The fields of InferTensorContents.
enum class Field { kBool, kInt, kInt64, kUint, kUint64, kFp32, kFp64, kBytes };

struct DataType {
  std::string_view name;
  Values raw;       // in raw contents
  size_t size;      // of a value there; 0 for texts
  Field field;      // in contents
  Values contents;  // there
};

constexpr DataType kDataTypes[] = {
    {"FP32", Values::kFloat, 4, Field::kFp32, Values::kFloat},
    {"FP64", Values::kDouble, 8, Field::kFp64, Values::kDouble},
    {"BOOL", Values::kBool, 1, Field::kBool, Values::kBool},
    {"BYTES", Values::kTexts, 0, Field::kBytes, Values::kTexts},
    {"INT8", Values::kInt8, 1, Field::kInt, Values::kInt32},
    {"INT16", Values::kInt16, 2, Field::kInt, Values::kInt32},
    {"INT32", Values::kInt32, 4, Field::kInt, Values::kInt32},
    {"INT64", Values::kInt64, 8, Field::kInt64, Values::kInt64},
    {"UINT8", Values::kUint8, 1, Field::kUint, Values::kUint32},
    {"UINT16", Values::kUint16, 2, Field::kUint, Values::kUint32},
    {"UINT32", Values::kUint32, 4, Field::kUint, Values::kUint32},
    {"UINT64", Values::kUint64, 8, Field::kUint64, Values::kUint64},
};

absl::StatusOr<DataType> Find(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(kDataTypes, [name](const DataType& type) { return type.name == name; });
  if (found != std::end(kDataTypes)) return *found;
  return absl::InvalidArgumentError(
      absl::StrCat("the datatype ", ShownText(name),
                   " is not taken; expected FP32, FP64, BOOL, BYTES, INT8 to INT64 or UINT8 to "
                   "UINT64"));
}

struct StoredField {
  const void* data;
  size_t count;
};

std::array<StoredField, 8> FieldsOf(const InferTensorContents& contents) {
  const auto of = [](const auto& field) -> StoredField {
    return {field.data(), static_cast<size_t>(field.size())};
  };
  // In the order of Field.
  return {of(contents.bool_contents()),   of(contents.int_contents()),
          of(contents.int64_contents()),  of(contents.uint_contents()),
          of(contents.uint64_contents()), of(contents.fp32_contents()),
          of(contents.fp64_contents()),   of(contents.bytes_contents())};
}

}  // namespace

absl::StatusOr<InputTensor> InputTensor::Create(const Input& input, const std::string* raw) {
  InputTensor tensor;
  tensor.name_ = &input.name();
  absl::Status status = tensor.TakeShape(input);
  if (status.ok()) {
    status = raw != nullptr ? tensor.TakeRaw(input.datatype(), *raw)
                            : tensor.TakeContents(input.datatype(), input.contents());
  }
  if (status.ok()) return tensor;
  return absl::InvalidArgumentError(
      absl::StrCat("input \"", ShownText(input.name()), "\": ", status.message()));
}

absl::Status InputTensor::TakeShape(const Input& input) {
  constexpr int64_t kMostValues = std::numeric_limits<int32_t>::max();
  dimensions_ = static_cast<size_t>(input.shape_size());
  int64_t count = 1;
  for (const int64_t size : input.shape()) {
    if (size < 1 || size > kMostValues / count) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected a shape of positive sizes and at most ", kMostValues, " values, got ", size));
    }
    count *= size;
  }
  if (dimensions_ == 0) return absl::InvalidArgumentError("it has no shape; expected [rows, ...]");
  rows_ = static_cast<size_t>(input.shape(0));
  width_ = static_cast<size_t>(count) / rows_;
  return absl::OkStatus();
}

absl::Status InputTensor::TakeRaw(std::string_view datatype, const std::string& raw) {
  ADVAE_ASSIGN_OR_RETURN(const DataType type, Find(datatype));
  values_ = type.raw;
  if (values_ == Values::kTexts) return TakeRawTexts(raw);
  const size_t expected = rows_ * width_ * type.size;
  if (raw.size() != expected) {
    return absl::InvalidArgumentError(
        absl::StrCat("its data have ", raw.size(), " bytes; shape and datatype make ", expected));
  }
  data_ = raw.data();
  return absl::OkStatus();
}

absl::Status InputTensor::TakeRawTexts(const std::string& raw) {
  const size_t count = rows_ * width_;
  texts_.reserve(std::min(count, raw.size() / sizeof(uint32_t)));
  std::string_view rest = raw;
  while (!rest.empty() && texts_.size() < count) {
    uint32_t size = 0;
    if (rest.size() < sizeof(size)) {
      return absl::InvalidArgumentError("its raw contents end within the length of a text");
    }
    std::memcpy(&size, rest.data(), sizeof(size));
    rest.remove_prefix(sizeof(size));
    if (rest.size() < size) {
      return absl::InvalidArgumentError("its raw contents end within a text");
    }
    texts_.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  if (texts_.size() == count && rest.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("its raw contents have ",
                                                 rest.empty() ? "" : "more than ", texts_.size(),
                                                 " texts; its shape makes ", count));
}

absl::Status InputTensor::TakeContents(std::string_view datatype,
                                       const InferTensorContents& contents) {
  ADVAE_ASSIGN_OR_RETURN(const DataType type, Find(datatype));
  values_ = type.contents;
  const std::array<StoredField, 8> fields = FieldsOf(contents);
  const auto wanted = static_cast<size_t>(type.field);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i != wanted && fields[i].count > 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "it has contents of another datatype than its own, which is ", ShownText(type.name)));
    }
  }
  const size_t count = rows_ * width_;
  if (fields[wanted].count != count) {
    return absl::InvalidArgumentError(absl::StrCat("its contents have ", fields[wanted].count,
                                                   " values of ", ShownText(type.name),
                                                   "; its shape makes ", count));
  }
  if (values_ == Values::kTexts) {
    texts_.assign(contents.bytes_contents().begin(), contents.bytes_contents().end());
  } else {
    data_ = static_cast<const char*>(fields[wanted].data);
  }
  return absl::OkStatus();
}

}  // namespace advae
