#include "model/scoring/scorer.h"

#include <Eigen/Core>
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace advae {
namespace {

using Eigen::MatrixXf;
using Eigen::VectorXd;
using Eigen::VectorXf;

// A row is scored on its own and all products below have shapes that only the version determines:
// the order of summation, and with it every bit of a score, cannot depend on the rest of a batch.

// Floats of the three tiles of one chunk of samples: 256 KiB stay in the second-level cache.
constexpr size_t kTileFloats = 64 * 1024;
constexpr size_t kMinTileSamples = 8;
constexpr size_t kMaxTileSamples = 512;

// Bounds that no sane model comes near. With them every finite row has a finite score, whatever
// the (finite) weights: nothing below can overflow to inf - inf or 0 * inf.
constexpr double kMaxLogVariance = 60;      // a standard deviation of e^30
constexpr double kMaxPreActivation = 1e30;  // times eps and k: still a float

// A layer of the encoder, which runs once a row: in double, where activations of layers with float
// weights and inputs of at most 1e12 cannot overflow.
class EncoderLayer {
 public:
  explicit EncoderLayer(const DenseLayer& layer)
      : weight_(Eigen::Map<const MatrixXf>(layer.weight.data(), layer.inputs, layer.outputs)
                    .transpose()),
        bias_(Eigen::Map<const VectorXf>(layer.bias.data(), layer.outputs).cast<double>()) {}

  // output = W input + b, column by column.
  template <typename Vector>
  void Apply(const Vector& input, VectorXd& output) const {
    output = bias_;
    for (Eigen::Index i = 0; i < weight_.cols(); ++i) {
      output += static_cast<double>(input[i]) * weight_.col(i).cast<double>();
    }
  }

  Eigen::Index outputs() const { return weight_.rows(); }

 private:
  MatrixXf weight_;
  VectorXd bias_;
};

// A layer of the generator, which runs once a sample. Samples lie along the rows of a tile, that
// is contiguous for each unit.
struct GeneratorLayer {
  MatrixXf transposed_weight;  // inputs x outputs
  VectorXf bias;
  // No activation above this may enter the layer: W x stays finite. Far beyond sane activations
  // unless the weights themselves are near the end of the range of floats.
  float input_limit;

  explicit GeneratorLayer(const DenseLayer& layer)
      : transposed_weight(
            Eigen::Map<const MatrixXf>(layer.weight.data(), layer.inputs, layer.outputs)),
        bias(Eigen::Map<const VectorXf>(layer.bias.data(), layer.outputs)) {
    const double largest_sum =
        transposed_weight.cast<double>().cwiseAbs().colwise().sum().maxCoeff();
    input_limit = static_cast<float>(FLT_MAX / (4 * (1 + largest_sum)));
  }

  Eigen::Index outputs() const { return transposed_weight.cols(); }
};

// tile = min(ReLU(tile + bias), limit), in one pass a column.
template <typename Tile>
void AddBiasAndActivate(const VectorXf& bias, float limit, Tile tile) {
  for (Eigen::Index j = 0; j < tile.cols(); ++j) {
    tile.col(j) = (tile.col(j).array() + bias[j]).cwiseMax(0.0f).cwiseMin(limit).matrix();
  }
}

// sums[j] += sum over the tile's samples of sigmoid(tile(., j) + bias[j]).
template <typename Tile>
void AddSigmoidSums(const VectorXf& bias, Tile tile, VectorXd& sums) {
  for (Eigen::Index j = 0; j < tile.cols(); ++j) {
    tile.col(j) = (tile.col(j).array() + bias[j]).logistic().matrix();
    sums[j] += tile.col(j).sum();
  }
}

}  // namespace

// Immutable; all that changes while a row is scored is in a Workspace.
struct Scorer::Networks {
  struct Workspace;

  Networks(const NetworkWeights& weights, const LatentPlan& plan)
      : encoder_hidden1(weights.encoder.hidden1),
        encoder_hidden2(weights.encoder.hidden2),
        encoder_mean(weights.encoder.mean),
        encoder_log_variance(weights.encoder.log_variance),
        hidden1(weights.generator.hidden1),
        hidden2(weights.generator.hidden2),
        output(weights.generator.output),
        points(Eigen::Map<const MatrixXf>(plan.points.data(), plan.latent_size, plan.samples)
                   .transpose()) {
    const size_t widths = hidden1.outputs() + hidden2.outputs() + output.outputs();
    tile_samples = std::min<Eigen::Index>(
        points.rows(), std::clamp(kTileFloats / widths / kMinTileSamples * kMinTileSamples,
                                  kMinTileSamples, kMaxTileSamples));
  }

  void Encode(Workspace& workspace) const;
  void FoldFirstLayer(Workspace& workspace) const;
  void SumReconstructions(Workspace& workspace) const;

  EncoderLayer encoder_hidden1;
  EncoderLayer encoder_hidden2;
  EncoderLayer encoder_mean;
  EncoderLayer encoder_log_variance;
  GeneratorLayer hidden1;
  GeneratorLayer hidden2;
  GeneratorLayer output;
  MatrixXf points;  // L x k
  Eigen::Index tile_samples;
};

// The memory that scoring one row after the other needs.
struct Scorer::Networks::Workspace {
  explicit Workspace(const Networks& networks)
      : row(networks.output.outputs()),
        hidden1(networks.encoder_hidden1.outputs()),
        hidden2(networks.encoder_hidden2.outputs()),
        mean(networks.encoder_mean.outputs()),
        deviation(networks.encoder_mean.outputs()),
        first_weight(mean.size(), networks.hidden1.outputs()),
        first_bias(networks.hidden1.outputs()),
        tile1(networks.tile_samples, networks.hidden1.outputs()),
        tile2(networks.tile_samples, networks.hidden2.outputs()),
        tile3(networks.tile_samples, networks.output.outputs()),
        sums(networks.output.outputs()) {}

  VectorXf row;  // x, scaled
  VectorXd hidden1;
  VectorXd hidden2;
  VectorXd mean;          // mu
  VectorXd deviation;     // sigma
  MatrixXf first_weight;  // (W1 diag(sigma))^T
  VectorXf first_bias;    // W1 mu + b1
  MatrixXf tile1;
  MatrixXf tile2;
  MatrixXf tile3;
  VectorXd sums;  // sum_l G(mu + sigma * eps_l)
};

// row -> mean, deviation
void Scorer::Networks::Encode(Workspace& w) const {
  encoder_hidden1.Apply(w.row, w.hidden1);
  w.hidden1 = w.hidden1.cwiseMax(0.0);
  encoder_hidden2.Apply(w.hidden1, w.hidden2);
  w.hidden2 = w.hidden2.cwiseMax(0.0);
  encoder_mean.Apply(w.hidden2, w.mean);
  encoder_log_variance.Apply(w.hidden2, w.deviation);
  for (double& value : w.deviation) {
    value = std::exp(std::clamp(value, -kMaxLogVariance, kMaxLogVariance) / 2);
  }
}

// mean, deviation -> first_weight, first_bias: W1 (mu + sigma * eps) + b1 needs no z when it is
// written as (W1 mu + b1) + (W1 diag(sigma)) eps.
void Scorer::Networks::FoldFirstLayer(Workspace& w) const {
  const auto bounded = [](double value) {
    return static_cast<float>(std::clamp(value, -kMaxPreActivation, kMaxPreActivation));
  };
  for (Eigen::Index i = 0; i < hidden1.outputs(); ++i) {
    double constant = hidden1.bias[i];
    for (Eigen::Index j = 0; j < w.mean.size(); ++j) {
      const double weight = hidden1.transposed_weight(j, i);
      constant += weight * w.mean[j];
      w.first_weight(j, i) = bounded(weight * w.deviation[j]);
    }
    w.first_bias[i] = bounded(constant);
  }
}

// first_weight, first_bias -> sums
void Scorer::Networks::SumReconstructions(Workspace& w) const {
  w.sums.setZero();
  for (Eigen::Index first = 0; first < points.rows(); first += tile_samples) {
    const Eigen::Index count = std::min(tile_samples, points.rows() - first);
    auto tile1 = w.tile1.topRows(count);
    auto tile2 = w.tile2.topRows(count);
    auto tile3 = w.tile3.topRows(count);
    tile1.noalias() = points.middleRows(first, count) * w.first_weight;
    AddBiasAndActivate(w.first_bias, hidden2.input_limit, tile1);
    tile2.noalias() = tile1 * hidden2.transposed_weight;
    AddBiasAndActivate(hidden2.bias, output.input_limit, tile2);
    tile3.noalias() = tile2 * output.transposed_weight;
    AddSigmoidSums(output.bias, tile3, w.sums);
  }
}

absl::StatusOr<std::unique_ptr<const Scorer>> Scorer::Create(const NetworkWeights& weights,
                                                             MinMaxScaler scaler,
                                                             const LatentPlan& plan) {
  if (absl::Status status = weights.Validate(); !status.ok()) return status;
  if (scaler.columns() != weights.features()) {
    return absl::InvalidArgumentError(absl::StrCat("the networks take ", weights.features(),
                                                   " features, but the scaler has ",
                                                   scaler.columns()));
  }
  if (plan.latent_size != weights.latent_size() || plan.samples == 0 ||
      plan.points.size() != plan.samples * plan.latent_size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the networks need a latent plan of at least one point of size ",
                     weights.latent_size(), ", got ", plan.points.size(), " values for ",
                     plan.samples, " points of size ", plan.latent_size));
  }
  if (!std::ranges::all_of(plan.points, [](float value) { return std::isfinite(value); })) {
    return absl::InvalidArgumentError("a value of the latent plan is not finite");
  }
  return std::unique_ptr<const Scorer>(
      new Scorer(std::move(scaler), std::make_unique<const Networks>(weights, plan)));
}

Scorer::Scorer(MinMaxScaler scaler, std::unique_ptr<const Networks> networks)
    : scaler_(std::move(scaler)), networks_(std::move(networks)) {}

Scorer::~Scorer() = default;

void Scorer::Score(MatrixView rows, std::span<double> scores,
                   std::span<float> reconstructions) const {
  Networks::Workspace workspace(*networks_);
  const double samples = static_cast<double>(networks_->points.rows());
  for (size_t i = 0; i < rows.rows; ++i) {
    scaler_.Transform(rows.row(i).data(), workspace.row.data());
    networks_->Encode(workspace);
    networks_->FoldFirstLayer(workspace);
    networks_->SumReconstructions(workspace);

    double score = 0;
    for (size_t j = 0; j < rows.columns; ++j) {
      const float reconstruction = static_cast<float>(workspace.sums[j] / samples);
      const double error = static_cast<double>(workspace.row[j]) - reconstruction;
      score += error * error;
      if (!reconstructions.empty()) reconstructions[i * rows.columns + j] = reconstruction;
    }
    scores[i] = score;
  }
}

}  // namespace advae
