#include "model/repository/ensemble_tensors.h"

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "model/base/status_macros.h"
#include "model/repository/network_tensors.h"

namespace advae {
namespace {

constexpr char kMemberWeights[] = "member_weights";
constexpr char kWhitening[] = "whitening";

void AddLayer(const std::string& name, const DenseLayer& layer, TensorMap& tensors) {
  tensors[name + ".weight"] = FloatTensor({layer.outputs, layer.inputs}, layer.weight);
  tensors[name + ".bias"] = FloatTensor({layer.outputs}, layer.bias);
}

void AddNetworks(const std::string& prefix, const NetworkWeights& networks, TensorMap& tensors) {
  const auto& [encoder, generator] = networks;
  AddLayer(prefix + "encoder.hidden1", encoder.hidden1, tensors);
  AddLayer(prefix + "encoder.hidden2", encoder.hidden2, tensors);
  AddLayer(prefix + "encoder.mean", encoder.mean, tensors);
  AddLayer(prefix + "encoder.log_variance", encoder.log_variance, tensors);
  AddLayer(prefix + "generator.hidden1", generator.hidden1, tensors);
  AddLayer(prefix + "generator.hidden2", generator.hidden2, tensors);
  AddLayer(prefix + "generator.output", generator.output, tensors);
}

std::string MemberPrefix(size_t member) { return absl::StrCat("member", member, "."); }

// Takes the tensors whose names start with `prefix` out of `tensors`.
TensorMap TakePrefixed(std::string_view prefix, TensorMap& tensors) {
  TensorMap taken;
  for (auto tensor = tensors.begin(); tensor != tensors.end();) {
    const auto next = std::next(tensor);
    if (tensor->first.starts_with(prefix)) taken.insert(tensors.extract(tensor));
    tensor = next;
  }
  return taken;
}

// Takes the tensors of one member, whose names start with `prefix`, out of `tensors`.
absl::StatusOr<NetworkWeights> TakeNetworks(const std::string& prefix, TensorMap& tensors) {
  const auto take = [&](const char* network) {
    TensorMap taken;
    for (auto& [name, tensor] : TakePrefixed(prefix + network, tensors)) {
      taken[name.substr(prefix.size())] = std::move(tensor);
    }
    return taken;
  };
  absl::StatusOr<NetworkWeights> networks =
      WeightsFromTensors(take("encoder."), take("generator."));
  if (networks.ok()) return networks;
  return absl::InvalidArgumentError(absl::StrCat(prefix, networks.status().message()));
}

}  // namespace

bool IsPlain(const Ensemble& ensemble) {
  return ensemble.size() == 1 && ensemble.front().whitening.empty();
}

bool HoldsPlainEnsemble(const TensorMap& tensors) { return !tensors.contains(kMemberWeights); }

void AddEnsemble(const Ensemble& ensemble, TensorMap& tensors) {
  if (IsPlain(ensemble)) return AddNetworks("", ensemble.front().networks, tensors);
  Tensor weights{DType::kF64, {ensemble.size()}, {}};
  for (size_t i = 0; i < ensemble.size(); ++i) {
    AddNetworks(MemberPrefix(i), ensemble[i].networks, tensors);
    weights.values.push_back(ensemble[i].weight);
    if (ensemble[i].whitening.empty()) continue;
    const size_t features = ensemble[i].networks.features();
    tensors[MemberPrefix(i) + kWhitening] =
        FloatTensor({features, features}, ensemble[i].whitening);
  }
  tensors[kMemberWeights] = std::move(weights);
}

absl::StatusOr<Ensemble> TakeEnsemble(bool plain, TensorMap& tensors) {
  if (plain) {
    ADVAE_ASSIGN_OR_RETURN(NetworkWeights networks, TakeNetworks("", tensors));
    return Ensemble{{.networks = std::move(networks)}};
  }
  ADVAE_ASSIGN_OR_RETURN(const Tensor weights, TakeTensor(kMemberWeights, 1, tensors));
  Ensemble ensemble;
  for (const double weight : weights.values) {
    ADVAE_ASSIGN_OR_RETURN(NetworkWeights networks,
                           TakeNetworks(MemberPrefix(ensemble.size()), tensors));
    EnsembleMember member{.networks = std::move(networks), .weight = weight};
    const std::string whitening = MemberPrefix(ensemble.size()) + kWhitening;
    if (tensors.contains(whitening)) {
      ADVAE_ASSIGN_OR_RETURN(const Tensor tensor, TakeTensor(whitening, 2, tensors));
      if (tensor.shape[0] != tensor.shape[1]) {
        return absl::InvalidArgumentError(absl::StrCat("tensor ", whitening, " is ",
                                                       tensor.shape[0], " x ", tensor.shape[1],
                                                       ", expected a square"));
      }
      member.whitening = ToFloats(tensor);  // of which ValidateEnsemble knows the size
    }
    ensemble.push_back(std::move(member));
  }
  ADVAE_RETURN_IF_ERROR(ValidateEnsemble(ensemble));
  return ensemble;
}

}  // namespace advae
