#ifndef ADVAE_MODEL_PYTORCH_PICKLE_CALLS_H_
#define ADVAE_MODEL_PYTORCH_PICKLE_CALLS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/pytorch/pickle_value.h"

namespace advae {

// The few imports and calls that make up the pickle of a state dict, each with a meaning of its
// own here: nothing of Python is executed. kInvalidArgument names what else a pickle asks for.

// OK for collections.OrderedDict, torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter
// and torch.{Float,Double,Half,BFloat16}Storage.
absl::Status CheckPickleGlobal(absl::string_view name);

// The result of calling `callable` with the tuple `arguments` (opcode REDUCE): an empty dict for
// OrderedDict(), a PickledTensor for the two _rebuild functions.
absl::StatusOr<PickleValue> CallPickleGlobal(const PickleValue& callable,
                                             const PickleValue& arguments);

// The storage that a persistent id ("storage", type, key, location, elements) stands for (opcode
// BINPERSID). The location, such as "cuda:0", is of no importance.
absl::StatusOr<PickleValue> LoadPickledStorage(const PickleValue& persistent_id);

// OK when `state` only has the attribute _metadata, the versions of the saved modules, which a
// reader may ignore (opcode BUILD).
absl::Status CheckPickledAttributes(const PickleValue& state);

}  // namespace advae

#endif  // ADVAE_MODEL_PYTORCH_PICKLE_CALLS_H_
