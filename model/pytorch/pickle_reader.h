#ifndef ADVAE_MODEL_PYTORCH_PICKLE_READER_H_
#define ADVAE_MODEL_PYTORCH_PICKLE_READER_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/pytorch/pickle_value.h"

namespace advae {

// The tensors of a state dict by name, as its pickle describes them.
using PickledStateDict = std::map<std::string, PickledTensor>;

// Reads the pickle of a state dict, as torch.save writes it with its default pickle protocol (2):
// a dict or OrderedDict from names to tensors. A restricted interpreter: it knows the opcodes and
// imports of such a pickle and executes nothing. Memory and time are linear in the pickle's size,
// whatever it nests or repeats.
//
// kInvalidArgument when the pickle is longer than 1 MiB or truncated, uses another opcode, import
// or argument (the message names it and the byte where it stands), or describes anything but
// tensors.
absl::StatusOr<PickledStateDict> ReadStateDictPickle(std::string_view pickle);

}  // namespace advae

#endif  // ADVAE_MODEL_PYTORCH_PICKLE_READER_H_
