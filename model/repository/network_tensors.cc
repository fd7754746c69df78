#include "model/repository/network_tensors.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base/status_macros.h"

namespace advae {
namespace {

// A layer and what Python code calls it. The layer's own name is that of version bundles.
struct LayerNames {
  const char* layer;
  std::vector<const char*> aliases;
};

struct Network {
  const char* name;
  std::vector<LayerNames> layers;
};

const Network& Encoder() {
  static const auto* const network =
      new Network{"encoder",
                  {{"hidden1", {"fc1"}},
                   {"hidden2", {"fc2"}},
                   {"mean", {"fcmu", "fc_mu", "mu", "fc_mean"}},
                   {"log_variance", {"fclogvar", "fc_logvar", "logvar", "log_var", "fc_log_var"}}}};
  return *network;
}

const Network& Generator() {
  static const auto* const network =
      new Network{"generator",
                  {{"hidden1", {"fc1", "fc3"}},
                   {"hidden2", {"fc2", "fc4"}},
                   {"output", {"fcxmu", "fc_xmu", "out", "fc_out"}}}};
  return *network;
}

// Modules that wrap a network; stripped from the left as often as they come.
constexpr std::string_view kPrefixes[] = {"module.", "model.", "encoder.", "generator.",
                                          "decoder."};

// Tensors of one network by layer and kind, such as "hidden1.weight".
using LayerTensors = std::map<std::string, TensorMap::const_iterator>;

absl::Status Invalid(const Network& network, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(network.name, " weights: ", what));
}

std::string NamesText(const TensorMap& tensors) {
  const auto name_only = [](std::string* out, const auto& entry) { out->append(entry.first); };
  return tensors.empty()
             ? "there are no tensors"
             : absl::StrCat("the tensors are ", absl::StrJoin(tensors, ", ", name_only));
}

// "hidden1 (or fc1), hidden2 (or fc2), ..."
std::string LayersText(const Network& network) {
  const auto layer_text = [](std::string* out, const LayerNames& names) {
    absl::StrAppend(out, names.layer, " (or ", absl::StrJoin(names.aliases, ", "), ")");
  };
  return absl::StrJoin(network.layers, "; ", layer_text);
}

std::string ShapeText(const Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.shape, ", "), "]");
}

std::string_view StripPrefixes(std::string_view name) {
  for (bool stripped = true; stripped;) {
    stripped = false;
    for (const std::string_view prefix : kPrefixes) {
      if (!name.starts_with(prefix)) continue;
      name.remove_prefix(prefix.size());
      stripped = true;
    }
  }
  return name;
}

bool IsNameOf(const LayerNames& names, std::string_view name) {
  if (name == names.layer) return true;
  for (const std::string_view alias : names.aliases) {
    if (name == alias) return true;
  }
  return false;
}

// "hidden1.weight" for "module.fc1.weight"; empty when no layer has such a tensor.
std::string CanonicalName(const Network& network, std::string_view name) {
  name = StripPrefixes(name);
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return "";
  const std::string kind(name.substr(dot));
  if (kind != ".weight" && kind != ".bias") return "";
  for (const LayerNames& names : network.layers) {
    if (IsNameOf(names, name.substr(0, dot))) return names.layer + kind;
  }
  return "";
}

absl::StatusOr<LayerTensors> FindTensors(const Network& network, const TensorMap& tensors) {
  LayerTensors found;
  for (auto tensor = tensors.begin(); tensor != tensors.end(); ++tensor) {
    const std::string name = CanonicalName(network, tensor->first);
    if (name.empty()) {
      return Invalid(network,
                     absl::StrCat("'", tensor->first,
                                  "' is not a weight or bias of a layer that is expected: ",
                                  LayersText(network)));
    }
    const auto [other, inserted] = found.emplace(name, tensor);
    if (!inserted) {
      return Invalid(network, absl::StrCat("both '", other->second->first, "' and '", tensor->first,
                                           "' stand for ", name));
    }
  }
  for (const LayerNames& names : network.layers) {
    for (const char* const kind : {".weight", ".bias"}) {
      if (found.contains(absl::StrCat(names.layer, kind))) continue;
      return Invalid(network, absl::StrCat("no ", names.layer, kind, " (or ",
                                           absl::StrJoin(names.aliases, ", "), ") found; ",
                                           NamesText(tensors)));
    }
  }
  return found;
}

absl::StatusOr<DenseLayer> ReadLayer(const Network& network, const LayerTensors& tensors,
                                     const std::string& layer) {
  const auto& [weight_name, weight] = *tensors.at(layer + ".weight");
  const auto& [bias_name, bias] = *tensors.at(layer + ".bias");
  if (weight.shape.size() != 2) {
    return Invalid(network, absl::StrCat("'", weight_name, "' has shape ", ShapeText(weight),
                                         ", expected [outputs, inputs]"));
  }
  if (bias.shape != std::vector<size_t>{weight.shape[0]}) {
    return Invalid(network, absl::StrCat("'", bias_name, "' has shape ", ShapeText(bias),
                                         ", expected [", weight.shape[0], "] because '",
                                         weight_name, "' has shape ", ShapeText(weight)));
  }
  return DenseLayer{.inputs = weight.shape[1],
                    .outputs = weight.shape[0],
                    .weight = {weight.values.begin(), weight.values.end()},
                    .bias = {bias.values.begin(), bias.values.end()}};
}

// Reads every layer of `network` into the place that `layers` has for it, in the order of
// network.layers.
absl::Status ReadNetwork(const Network& network, const TensorMap& tensors,
                         const std::vector<DenseLayer*>& layers) {
  ADVAE_ASSIGN_OR_RETURN(const LayerTensors found, FindTensors(network, tensors));
  for (size_t i = 0; i < layers.size(); ++i) {
    ADVAE_ASSIGN_OR_RETURN(DenseLayer layer, ReadLayer(network, found, network.layers[i].layer));
    *layers[i] = std::move(layer);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<NetworkWeights> WeightsFromTensors(const TensorMap& encoder,
                                                  const TensorMap& generator) {
  NetworkWeights weights;
  EncoderWeights& e = weights.encoder;
  GeneratorWeights& g = weights.generator;
  absl::Status status =
      ReadNetwork(Encoder(), encoder, {&e.hidden1, &e.hidden2, &e.mean, &e.log_variance});
  status.Update(ReadNetwork(Generator(), generator, {&g.hidden1, &g.hidden2, &g.output}));
  status.Update(weights.Validate());
  if (!status.ok()) return status;
  return weights;
}

}  // namespace advae
