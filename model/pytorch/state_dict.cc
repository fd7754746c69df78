#include "model/pytorch/state_dict.h"

#include <Eigen/Core>
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/pytorch/pickle_reader.h"
#include "model/pytorch/zip_archive.h"

namespace advae {
namespace {

constexpr std::string_view kZipSignature = "PK\x03\x04";
// A pickle of protocol 2 that starts with the magic number 0x1950a86a20f9469cfc6c.
constexpr std::string_view kLegacySignature =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";

size_t ItemSize(DType dtype) {
  switch (dtype) {
    case DType::kF16:
    case DType::kBF16:
      return 2;
    case DType::kF32:
      return 4;
    case DType::kF64:
      return 8;
  }
  return 0;
}

template <typename T>
T Load(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

double LoadElement(const char* bytes, DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return static_cast<float>(Load<Eigen::half>(bytes));
    case DType::kBF16:
      return static_cast<float>(Load<Eigen::bfloat16>(bytes));
    case DType::kF32:
      return Load<float>(bytes);
    case DType::kF64:
      return Load<double>(bytes);
  }
  return 0;
}

// The number of elements of `tensor`, or an error when it has a negative size or stride, or an
// element that lies outside of its storage.
absl::StatusOr<size_t> CheckView(const PickledTensor& tensor) {
  const absl::Status outside = absl::InvalidArgumentError("the tensor lies outside of its storage");
  if (tensor.shape.size() != tensor.strides.size()) {
    return absl::InvalidArgumentError("the tensor has more sizes than strides or fewer");
  }
  int64_t elements = 1;
  int64_t last = tensor.offset;  // index of the last element
  for (size_t j = 0; j < tensor.shape.size(); ++j) {
    const int64_t size = tensor.shape[j];
    int64_t span = 0;
    if (size < 0 || tensor.strides[j] < 0) return outside;
    if (__builtin_mul_overflow(elements, size, &elements)) return outside;
    if (__builtin_mul_overflow(std::max<int64_t>(size - 1, 0), tensor.strides[j], &span) ||
        __builtin_add_overflow(last, span, &last)) {
      return outside;
    }
  }
  if (tensor.offset < 0 || (elements > 0 && last >= tensor.storage.elements)) return outside;
  return static_cast<size_t>(elements);
}

// The elements of a checked view in row-major order.
std::vector<double> ReadView(const PickledTensor& tensor, size_t elements, const char* storage) {
  // In a dimension of one element nobody takes a step, and its stride may be any number.
  std::vector<int64_t> strides = tensor.strides;
  for (size_t j = 0; j < strides.size(); ++j) strides[j] = tensor.shape[j] > 1 ? strides[j] : 0;
  const size_t item_size = ItemSize(tensor.storage.dtype);
  std::vector<double> values(elements);
  std::vector<int64_t> index(tensor.shape.size());
  int64_t position = tensor.offset;
  for (double& value : values) {
    value = LoadElement(storage + static_cast<size_t>(position) * item_size, tensor.storage.dtype);
    // The next index, as an odometer counts: the last dimension fastest.
    for (size_t j = index.size(); j-- > 0;) {
      position += strides[j];
      if (++index[j] < tensor.shape[j]) break;
      position -= index[j] * strides[j];
      index[j] = 0;
    }
  }
  return values;
}

// The tensors of an archive of `bytes` bytes.
class TensorReader {
 public:
  TensorReader(const ZipArchive& archive, size_t bytes) : archive_(archive), max_elements_(bytes) {}

  absl::StatusOr<TensorMap> ReadTensors() {
    if (const auto order = ReadRecord("byteorder"); order.ok() && *order != "little") {
      return absl::InvalidArgumentError("the file's byte order is not little-endian");
    }
    ADVAE_ASSIGN_OR_RETURN(const std::string_view pickle, ReadRecord("data.pkl"));
    ADVAE_ASSIGN_OR_RETURN(const PickledStateDict pickled, ReadStateDictPickle(pickle));
    TensorMap tensors;
    for (const auto& [name, tensor] : pickled) {
      absl::StatusOr<Tensor> read = ReadTensor(tensor);
      if (!read.ok()) {
        return absl::Status(read.status().code(),
                            absl::StrCat("tensor ", name, ": ", read.status().message()));
      }
      tensors.emplace(name, *std::move(read));
    }
    return tensors;
  }

 private:
  absl::StatusOr<std::string_view> ReadRecord(const std::string& name) const {
    const std::string path = absl::StrCat(archive_.top_folder(), "/", name);
    if (archive_.Contains(path)) return archive_.Read(path);
    return absl::InvalidArgumentError(absl::StrCat("the archive has no record ", name));
  }

  absl::StatusOr<Tensor> ReadTensor(const PickledTensor& tensor) {
    ADVAE_ASSIGN_OR_RETURN(const size_t elements, CheckView(tensor));
    // Views may share a storage, but not to the point that a small file fills the memory.
    if (elements > max_elements_ - read_elements_) {
      return absl::InvalidArgumentError("the tensors have more elements than the file has bytes");
    }
    read_elements_ += elements;
    ADVAE_ASSIGN_OR_RETURN(const char* const storage, Storage(tensor.storage));
    return Tensor{.dtype = tensor.storage.dtype,
                  .shape = {tensor.shape.begin(), tensor.shape.end()},
                  .values = ReadView(tensor, elements, storage)};
  }

  absl::StatusOr<const char*> Storage(const PickledStorage& storage) const {
    const std::string record = absl::StrCat("data/", storage.key);
    ADVAE_ASSIGN_OR_RETURN(const std::string_view bytes, ReadRecord(record));
    if (storage.elements < 0 ||
        bytes.size() / ItemSize(storage.dtype) < static_cast<uint64_t>(storage.elements)) {
      return absl::InvalidArgumentError(absl::StrCat("record ", record, " has ", bytes.size(),
                                                     " bytes, too few for ", storage.elements,
                                                     " elements"));
    }
    return bytes.data();
  }

  const ZipArchive& archive_;
  const size_t max_elements_;
  size_t read_elements_ = 0;
};

}  // namespace

bool IsPyTorchFile(std::string_view bytes) {
  return bytes.starts_with(kZipSignature) || bytes.starts_with(kLegacySignature);
}

absl::StatusOr<TensorMap> ParseStateDict(std::string_view bytes) {
  if (bytes.starts_with(kLegacySignature)) {
    return absl::InvalidArgumentError(
        "the file is in PyTorch's legacy format; save it again with PyTorch 1.6 or later, whose "
        "torch.save writes a zip archive");
  }
  ADVAE_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::Open(bytes));
  return TensorReader(archive, bytes.size()).ReadTensors();
}

}  // namespace advae
