#include "model/pytorch/pickle_calls.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

constexpr char kOrderedDict[] = "collections.OrderedDict";
constexpr char kRebuildTensor[] = "torch._utils._rebuild_tensor_v2";
constexpr char kRebuildParameter[] = "torch._utils._rebuild_parameter";

// A pickle repeats a tuple or string at no cost, so that the copies made here must be small.
constexpr size_t kMaxDimensions = 64;
constexpr size_t kMaxKeyBytes = 256;

std::optional<DType> StorageType(absl::string_view global) {
  if (global == "torch.FloatStorage") return DType::kF32;
  if (global == "torch.DoubleStorage") return DType::kF64;
  if (global == "torch.HalfStorage") return DType::kF16;
  if (global == "torch.BFloat16Storage") return DType::kBF16;
  return std::nullopt;
}

absl::Status WrongArguments(absl::string_view callable) {
  return absl::InvalidArgumentError(
      absl::StrCat("the arguments of ", callable, " are not those of a state dict"));
}

// The integers of a shape or of strides.
std::optional<std::vector<int64_t>> Integers(const PickleValue& value) {
  const auto* const tuple = value.As<PickleTuple>();
  if (tuple == nullptr || tuple->items.size() > kMaxDimensions) return std::nullopt;
  std::vector<int64_t> integers;
  for (const PickleValue* const item : tuple->items) {
    const auto* const integer = item->As<int64_t>();
    if (integer == nullptr) return std::nullopt;
    integers.push_back(*integer);
  }
  return integers;
}

// _rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks).
absl::StatusOr<PickleValue> RebuildTensor(const std::vector<const PickleValue*>& arguments) {
  if (arguments.size() != 6) return WrongArguments(kRebuildTensor);
  const auto* const storage = arguments[0]->As<PickledStorage>();
  const auto* const offset = arguments[1]->As<int64_t>();
  std::optional<std::vector<int64_t>> shape = Integers(*arguments[2]);
  std::optional<std::vector<int64_t>> strides = Integers(*arguments[3]);
  if (storage == nullptr || offset == nullptr || !shape || !strides) {
    return WrongArguments(kRebuildTensor);
  }
  return PickleValue{PickledTensor{.storage = *storage,
                                   .offset = *offset,
                                   .shape = *std::move(shape),
                                   .strides = *std::move(strides)}};
}

// _rebuild_parameter(tensor, requires_grad, hooks).
absl::StatusOr<PickleValue> RebuildParameter(const std::vector<const PickleValue*>& arguments) {
  if (arguments.size() != 3 || arguments[0]->As<PickledTensor>() == nullptr) {
    return WrongArguments(kRebuildParameter);
  }
  return *arguments[0];
}

}  // namespace

absl::Status CheckPickleGlobal(absl::string_view name) {
  if (name == kOrderedDict || name == kRebuildTensor || name == kRebuildParameter ||
      StorageType(name)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the import of ", name, " is not allowed in a state dict"));
}

absl::StatusOr<PickleValue> CallPickleGlobal(const PickleValue& callable,
                                             const PickleValue& arguments) {
  const auto* const global = callable.As<PickleGlobal>();
  const auto* const tuple = arguments.As<PickleTuple>();
  if (global == nullptr || tuple == nullptr) {
    return absl::InvalidArgumentError("calls something that is not a function");
  }
  if (global->name == kRebuildTensor) return RebuildTensor(tuple->items);
  if (global->name == kRebuildParameter) return RebuildParameter(tuple->items);
  if (global->name == kOrderedDict && tuple->items.empty()) return PickleValue{PickleDict{}};
  return WrongArguments(global->name);
}

absl::StatusOr<PickleValue> LoadPickledStorage(const PickleValue& persistent_id) {
  const absl::Status wrong = absl::InvalidArgumentError(
      "a persistent id is not of the form (\"storage\", type, key, location, elements)");
  const auto* const tuple = persistent_id.As<PickleTuple>();
  if (tuple == nullptr || tuple->items.size() != 5) return wrong;
  const auto* const kind = tuple->items[0]->As<std::string>();
  const auto* const type = tuple->items[1]->As<PickleGlobal>();
  const auto* const key = tuple->items[2]->As<std::string>();
  const auto* const elements = tuple->items[4]->As<int64_t>();
  if (kind == nullptr || *kind != "storage" || type == nullptr || !StorageType(type->name) ||
      key == nullptr || key->size() > kMaxKeyBytes || elements == nullptr) {
    return wrong;
  }
  return PickleValue{
      PickledStorage{.dtype = *StorageType(type->name), .key = *key, .elements = *elements}};
}

absl::Status CheckPickledAttributes(const PickleValue& state) {
  const auto* const attributes = state.As<PickleDict>();
  if (attributes != nullptr && attributes->items.size() == 1) {
    const auto* const name = attributes->items.front().first->As<std::string>();
    if (name != nullptr && *name == "_metadata") return absl::OkStatus();
  }
  return absl::InvalidArgumentError("sets attributes other than _metadata");
}

}  // namespace advae
