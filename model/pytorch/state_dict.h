#ifndef ADVAE_MODEL_PYTORCH_STATE_DICT_H_
#define ADVAE_MODEL_PYTORCH_STATE_DICT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "model/repository/safetensors.h"

namespace advae {

// True for the bytes of a file that torch.save wrote, in its current or its legacy format.
bool IsPyTorchFile(std::string_view bytes);

// Reads what torch.save(model.state_dict(), f) wrote: a zip archive with a pickle that describes
// the tensors and a record for each of their storages. Tensors of 16, 32 and 64 bit floating-point
// numbers are understood, views with any strides included. Nothing of the pickle is executed.
//
// Takes no more memory than is of the order of the file, whatever sizes the file claims to have.
//
// kInvalidArgument when the bytes are no such archive, compressed, or in the legacy format (before
// PyTorch 1.6), the pickle holds anything but tensors (the message names it), a tensor lies
// outside its storage, or there are more elements than bytes.
absl::StatusOr<TensorMap> ParseStateDict(std::string_view bytes);

}  // namespace advae

#endif  // ADVAE_MODEL_PYTORCH_STATE_DICT_H_
