#ifndef ADVAE_MODEL_PYTORCH_PICKLE_VALUE_H_
#define ADVAE_MODEL_PYTORCH_PICKLE_VALUE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/repository/safetensors.h"

namespace advae {

// What a pickle of a state dict can consist of. Values refer to each other by pointer, so that
// neither deep nesting nor cycles need recursion; the reader of the pickle owns them all.

struct PickleValue;

struct PickleNone {};

// A name that the pickle imports, such as "collections.OrderedDict".
struct PickleGlobal {
  std::string name;
};

struct PickleTuple {
  std::vector<const PickleValue*> items;
};

struct PickleDict {
  std::vector<std::pair<const PickleValue*, const PickleValue*>> items;
};

// An array of numbers in the file that tensors are views of.
struct PickledStorage {
  DType dtype = DType::kF32;
  std::string key;  // the record data/<key> of the archive
  int64_t elements = 0;
};

// A view of a storage: element (i_0, i_1, ...) of the tensor is element
// offset + sum_j i_j strides[j] of the storage. As the pickle claims it, not yet checked.
struct PickledTensor {
  PickledStorage storage;
  int64_t offset = 0;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;
};

struct PickleValue {
  std::variant<PickleNone, bool, int64_t, std::string, PickleGlobal, PickleTuple, PickleDict,
               PickledStorage, PickledTensor>
      value;

  // The value when it is a T, null otherwise.
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
};

}  // namespace advae

#endif  // ADVAE_MODEL_PYTORCH_PICKLE_VALUE_H_
