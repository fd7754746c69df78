#include "model/scoring/network_weights.h"

#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace advae {
namespace {

// One layer of a chain, and the layer that feeds it.
struct Link {
  const char* name;
  const DenseLayer& layer;
  const char* source_name;
  size_t source_outputs;
};

bool AllFinite(const std::vector<float>& values) {
  for (const float value : values) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

absl::Status ValidateLink(const Link& link) {
  const DenseLayer& layer = link.layer;
  if (layer.inputs == 0 || layer.outputs == 0) {
    return absl::InvalidArgumentError(absl::StrCat(link.name, ": the layer is empty, ",
                                                   layer.inputs, " inputs and ", layer.outputs,
                                                   " outputs"));
  }
  if (layer.weight.size() != layer.inputs * layer.outputs || layer.bias.size() != layer.outputs) {
    return absl::InvalidArgumentError(absl::StrCat(link.name, ": a layer of ", layer.inputs,
                                                   " inputs and ", layer.outputs,
                                                   " outputs does not have ", layer.weight.size(),
                                                   " weights and ", layer.bias.size(), " biases"));
  }
  if (layer.inputs != link.source_outputs) {
    return absl::InvalidArgumentError(absl::StrCat(link.name, " has ", layer.inputs,
                                                   " inputs, but ", link.source_name, " has ",
                                                   link.source_outputs, " outputs"));
  }
  if (!AllFinite(layer.weight) || !AllFinite(layer.bias)) {
    return absl::InvalidArgumentError(
        absl::StrCat(link.name, ": a weight or bias is not a finite 32-bit float"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status NetworkWeights::Validate() const {
  const EncoderWeights& e = encoder;
  const GeneratorWeights& g = generator;
  const Link links[] = {
      {"encoder.hidden1", e.hidden1, "a row", e.hidden1.inputs},
      {"encoder.hidden2", e.hidden2, "encoder.hidden1", e.hidden1.outputs},
      {"encoder.mean", e.mean, "encoder.hidden2", e.hidden2.outputs},
      {"encoder.log_variance", e.log_variance, "encoder.hidden2", e.hidden2.outputs},
      {"generator.hidden1", g.hidden1, "encoder.mean", e.mean.outputs},
      {"generator.hidden2", g.hidden2, "generator.hidden1", g.hidden1.outputs},
      {"generator.output", g.output, "generator.hidden2", g.hidden2.outputs},
  };
  for (const Link& link : links) {
    if (absl::Status status = ValidateLink(link); !status.ok()) return status;
  }
  if (e.log_variance.outputs != e.mean.outputs) {
    return absl::InvalidArgumentError(
        absl::StrCat("encoder.log_variance has ", e.log_variance.outputs,
                     " outputs, but encoder.mean has ", e.mean.outputs));
  }
  if (g.output.outputs != e.hidden1.inputs) {
    return absl::InvalidArgumentError(absl::StrCat("generator.output has ", g.output.outputs,
                                                   " outputs, but encoder.hidden1 has ",
                                                   e.hidden1.inputs, " inputs"));
  }
  return absl::OkStatus();
}

}  // namespace advae
