#include "model/scoring/scoring_kernel.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <type_traits>

#include "model/simd/packed_layer.h"
#include "model/simd/simd_targets.h"

// This file is compiled once for each SIMD target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/scoring/scoring_kernel.cc"  // NOLINT
#include <hwy/foreach_target.h>                               // must come before highway.h
#include <hwy/highway.h>

#include "hwy/contrib/math/math-inl.h"
#include "model/simd/dense_tile-inl.h"
#include "model/simd/sigmoid-inl.h"

HWY_BEFORE_NAMESPACE();
namespace advae::HWY_NAMESPACE {
namespace {

// Bounds that no sane model comes near, so that no sum can overflow to inf - inf or 0 * inf.
constexpr float kMaxLogVariance = 60;      // a standard deviation of e^30
constexpr float kMaxPreActivation = 1e30;  // times eps and k: still a float

// Tiles of samples whose sigmoids are summed lane by lane before they are added to the total: a sum
// of few terms at a time keeps its precision.
constexpr size_t kTilesOfPartialSum = 32;

// Narrower layers have all their units computed: loops of varying length would be mispredicted too
// often for what they leave out.
constexpr size_t kMinUnitsToSkip = 12;

constexpr size_t RoundUp(size_t value, size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

HWY_INLINE Vector Bounded(Vector value, float limit) {
  const Lanes d;
  return hn::Max(hn::Min(value, hn::Set(d, limit)), hn::Set(d, -limit));
}

class Kernel final : public ScoringKernel {
 public:
  Kernel(const NetworkWeights& weights, const LatentPlan& plan)
      : features_(weights.features()),
        latent_(weights.latent_size()),
        samples_(plan.samples),
        hidden_(RoundUp(weights.generator.hidden1.outputs, kLanes)),
        tiles_((samples_ + kLanes - 1) / kLanes, kMaxVectors),
        multiply_adds_(weights.generator.hidden1.weight.size() +
                       weights.generator.hidden2.weight.size() +
                       weights.generator.output.weight.size()),
        folds_(hidden_ <= RoundUp(samples_, kLanes)),
        encoder1_(weights.encoder.hidden1, kMaxUnits),
        encoder2_(weights.encoder.hidden2, kMaxUnits),
        mean_(weights.encoder.mean, kMaxUnits),
        log_variance_(weights.encoder.log_variance, kMaxUnits),
        generator1_(weights.generator.hidden1, kMaxUnits),
        generator2_(weights.generator.hidden2, kMaxUnits),
        output_(weights.generator.output, kMaxUnits, kSigmoidScale),
        points_(RoundUp(samples_, kLanes) * latent_),
        all_units_(std::max(features_, latent_)) {
    std::iota(all_units_.begin(), all_units_.end(), 0);
    PackFirstLayer(weights.generator.hidden1);
    PackPoints(plan);
  }

  size_t tile_rows() const override { return kMaxVectors * kLanes; }

  bool Reconstruct(const float* rows, size_t count, float* reconstructions,
                   KernelMemory& kernel_memory, BreakCounter& breaks) const override {
    const Scratch memory(*this, kernel_memory);
    for (size_t first = 0; first < count; first += tile_rows()) {
      const size_t tile = std::min(tile_rows(), count - first);
      const size_t vectors = (tile + kLanes - 1) / kLanes;
      WithVectors(vectors, [&](auto s) {
        Encode<decltype(s)::value>(rows + first * features_, tile, memory);
      });
      for (size_t row = 0; row < tile; ++row) {
        for (size_t j = 0; j < latent_; ++j) {
          memory.mean[j] = memory.means[j * vectors * kLanes + row];
          memory.deviation[j] = memory.deviations[j * vectors * kLanes + row];
        }
        if (!Generate(memory, reconstructions + (first + row) * features_, breaks)) return false;
      }
    }
    return true;
  }

 private:
  // The parts of the scratch memory, each aligned.
  struct Scratch {
    Scratch(const Kernel& kernel, KernelMemory& memory) {
      const size_t tile = kernel.tile_rows();
      const size_t hidden1 =
          std::max(kernel.encoder1_.blocks.items(), kernel.generator1_.blocks.items());
      const size_t hidden2 =
          std::max(kernel.encoder2_.blocks.items(), kernel.generator2_.blocks.items());
      const struct {
        float*& part;
        size_t floats;
      } parts[] = {
          {input, std::max(kernel.features_, kernel.latent_) * tile},
          {layer1, hidden1 * tile},
          {layer2, hidden2 * tile},
          {means, kernel.latent_ * tile},
          {deviations, kernel.latent_ * tile},
          {mean, kernel.latent_},
          {deviation, kernel.latent_},
          {folded_weight, kernel.folds_ ? kernel.latent_ * kernel.hidden_ : 0},
          {folded_bias, kernel.hidden_},
          {sums, RoundUp(kernel.features_, kLanes) * kLanes},
          {totals, RoundUp(kernel.features_, kLanes)},
      };
      size_t floats = 0;
      for (const auto& [part, size] : parts) floats += RoundUp(size, kLanes);
      if (memory.floats.size() < floats) memory.floats.resize(floats);
      float* next = memory.floats.data();
      for (const auto& [part, size] : parts) {
        part = next;
        next += RoundUp(size, kLanes);
      }
      if (memory.units.size() < hidden1 + hidden2) memory.units.resize(hidden1 + hidden2);
      units1 = memory.units.data();
      units2 = units1 + hidden1;
    }

    float* input;   // of the encoder, [d][rows of the tile]; z, [k][samples of the tile]
    float* layer1;  // activations
    float* layer2;
    float* means;          // mu of the tile, [k][rows of the tile]
    float* deviations;     // sigma
    float* mean;           // of the row, [k]
    float* deviation;      // [k]
    float* folded_weight;  // (W1 diag(sigma))^T, [k][hidden_]
    float* folded_bias;    // W1 mu + b1, [hidden_]
    float* sums;           // of the sigmoids, lane by lane, [d][kLanes]
    float* totals;         // over the lanes, [d]
    uint32_t* units1;      // that are in layer1
    uint32_t* units2;
  };

  // Calls `function` with std::integral_constant of `vectors`, which is 1 to kMaxVectors.
  template <size_t kVectors = kMaxVectors, class Function>
  static HWY_INLINE void WithVectors(size_t vectors, const Function& function) {
    if constexpr (kVectors > 1) {
      if (vectors < kVectors) return WithVectors<kVectors - 1>(vectors, function);
    }
    function(std::integral_constant<size_t, kVectors>());
  }

  void PackFirstLayer(const DenseLayer& layer) {
    first_weight_.resize(latent_ * hidden_);
    first_bias_.resize(hidden_);
    for (size_t i = 0; i < layer.outputs; ++i) {
      first_bias_[i] = layer.bias[i];
      for (size_t j = 0; j < latent_; ++j) {
        first_weight_[j * hidden_ + i] = layer.weight[i * latent_ + j];
      }
    }
  }

  void PackPoints(const LatentPlan& plan) {
    for (size_t tile = 0; tile < tiles_.items(); tile += tiles_.SizeAt(tile)) {
      const size_t lanes = tiles_.SizeAt(tile) * kLanes;
      const size_t first = tile * kLanes;
      for (size_t j = 0; j < latent_; ++j) {
        for (size_t lane = 0; lane < lanes && first + lane < samples_; ++lane) {
          points_[first * latent_ + j * lanes + lane] = plan.point(first + lane)[j];
        }
      }
    }
  }

  // Rows -> means, deviations, S vectors of rows at once.
  template <size_t S>
  HWY_NOINLINE void Encode(const float* rows, size_t count, const Scratch& memory) const {
    constexpr size_t kTile = S * kLanes;
    for (size_t j = 0; j < features_; ++j) {
      for (size_t row = 0; row < count; ++row) {
        memory.input[j * kTile + row] =
            std::clamp(rows[row * features_ + j], -encoder1_.input_limit, encoder1_.input_limit);
      }
      std::fill(memory.input + j * kTile + count, memory.input + (j + 1) * kTile, 0.0f);
    }
    StoreRelu<S> hidden1{memory.layer1, memory.units1, encoder2_.input_limit, true};
    ApplyLayer<S>(encoder1_, AllOf(memory.input, features_), hidden1);
    StoreRelu<S> hidden2{memory.layer2, memory.units2,
                         std::min(mean_.input_limit, log_variance_.input_limit), true};
    ApplyLayer<S>(encoder2_, hidden1.stored(), hidden2);
    ApplyLayer<S>(mean_, hidden2.stored(), StoreLinear<S>{memory.means});
    ApplyLayer<S>(log_variance_, hidden2.stored(), StoreLinear<S>{memory.deviations});
    const Lanes d;
    for (size_t i = 0; i < latent_ * kTile; i += kLanes) {
      const Vector mean = hn::Load(d, memory.means + i);
      hn::Store(Bounded(mean, generator1_.input_limit), d, memory.means + i);
      const Vector log_variance = Bounded(hn::Load(d, memory.deviations + i), kMaxLogVariance);
      hn::Store(hn::Exp(d, hn::Mul(log_variance, hn::Set(d, 0.5f))), d, memory.deviations + i);
    }
  }

  // mean, deviation -> reconstruction [d] of one row. False when `breaks` ended it.
  bool Generate(const Scratch& memory, float* reconstruction, BreakCounter& breaks) const {
    if (folds_) FoldFirstLayer(memory);
    const size_t padded_features = RoundUp(features_, kLanes);
    std::fill_n(memory.sums, padded_features * kLanes, 0.0f);
    std::fill_n(memory.totals, padded_features, 0.0f);
    size_t done = 0;
    for (size_t tile = 0; tile < tiles_.items();) {
      const size_t vectors = tiles_.SizeAt(tile);
      WithVectors(vectors, [&](auto s) { AddTile<decltype(s)::value>(tile, memory); });
      tile += vectors;
      if (++done % kTilesOfPartialSum == 0 || tile == tiles_.items()) {
        MoveSums(memory);
      }
      if (breaks.ShouldStopAfter(vectors * kLanes * multiply_adds_)) return false;
    }
    const float samples = static_cast<float>(samples_);
    for (size_t j = 0; j < features_; ++j) reconstruction[j] = memory.totals[j] / samples;
    return true;
  }

  // mean, deviation -> folded_weight, folded_bias.
  void FoldFirstLayer(const Scratch& memory) const {
    const Lanes d;
    for (size_t i = 0; i < hidden_; i += kLanes) {
      Vector bias = hn::Load(d, first_bias_.data() + i);
      for (size_t j = 0; j < latent_; ++j) {
        const Vector weight = hn::Load(d, first_weight_.data() + j * hidden_ + i);
        bias = hn::MulAdd(weight, hn::Set(d, memory.mean[j]), bias);
        hn::Store(Bounded(hn::Mul(weight, hn::Set(d, memory.deviation[j])), kMaxPreActivation), d,
                  memory.folded_weight + j * hidden_ + i);
      }
      hn::Store(Bounded(bias, kMaxPreActivation), d, memory.folded_bias + i);
    }
  }

  // Adds the sigmoids of a tile of S vectors of samples, the first of which is `tile`, to the sums.
  template <size_t S>
  HWY_NOINLINE void AddTile(size_t tile, const Scratch& memory) const {
    const float* const points = points_.data() + tile * kLanes * latent_;
    StoreRelu<S> hidden1{memory.layer1, memory.units1, generator2_.input_limit,
                         generator2_.inputs < kMinUnitsToSkip};
    if (folds_) {
      const EvenBlocks& blocks = generator1_.blocks;
      for (size_t first = 0; first < blocks.items();) {
        const size_t units = blocks.SizeAt(first);
        ApplyBlock<S>(units, AllOf(points, latent_),
                      {.weight = memory.folded_weight + first,
                       .stride = hidden_,
                       .bias = memory.folded_bias + first},
                      [&](size_t u, const Vector(&sums)[S]) { hidden1(first + u, sums); });
        first += units;
      }
    } else {
      DrawLatent<S>(points, memory);
      ApplyLayer<S>(generator1_, AllOf(memory.input, latent_), hidden1);
    }
    StoreRelu<S> hidden2{memory.layer2, memory.units2, output_.input_limit,
                         output_.inputs < kMinUnitsToSkip};
    ApplyLayer<S>(generator2_, hidden1.stored(), hidden2);

    const size_t lanes_left = samples_ - tile * kLanes;
    if (lanes_left >= S * kLanes) {
      ApplyLayer<S>(output_, hidden2.stored(), [&memory](size_t unit, const Vector(&sums)[S]) {
        AccumulateSigmoids<S>(sums, memory.sums + unit * kLanes);
      });
    } else {
      // Of the last vector only some lanes are samples; the others are made to count nothing.
      const Lanes d;
      const auto valid = hn::FirstN(d, lanes_left - (S - 1) * kLanes);
      ApplyLayer<S>(output_, hidden2.stored(), [&](size_t unit, const Vector(&sums)[S]) {
        Vector masked[S];
        std::copy(sums, sums + S, masked);
        masked[S - 1] = hn::IfThenElse(valid, sums[S - 1], hn::Set(d, kSigmoidRange));
        AccumulateSigmoids<S>(masked, memory.sums + unit * kLanes);
      });
    }
  }

  // A tile of all of `count` units.
  Inputs AllOf(const float* values, size_t count) const {
    return {.values = values, .units = all_units_.data(), .count = count};
  }

  // points -> input: z = mu + sigma eps, for first layers that are too wide to fold.
  template <size_t S>
  HWY_INLINE void DrawLatent(const float* points, const Scratch& memory) const {
    const Lanes d;
    for (size_t j = 0; j < latent_; ++j) {
      const Vector mean = hn::Set(d, memory.mean[j]);
      const Vector deviation = hn::Set(d, memory.deviation[j]);
      for (size_t lane = j * S * kLanes; lane < (j + 1) * S * kLanes; lane += kLanes) {
        const Vector z = hn::MulAdd(deviation, hn::Load(d, points + lane), mean);
        hn::Store(Bounded(z, generator1_.input_limit), d, memory.input + lane);
      }
    }
  }

  // Adds the sigmoids of S vectors, lane by lane, to those at `sum`.
  template <size_t S>
  static HWY_INLINE void AccumulateSigmoids(const Vector (&y)[S], float* sum) {
    const Lanes d;
    hn::Store(AddSigmoids(d, hn::Load(d, sum), y), d, sum);
  }

  // Adds the sums over the lanes to the totals and sets the sums to 0.
  void MoveSums(const Scratch& memory) const {
    const Lanes d;
    for (size_t j = 0; j < features_; j += kLanes) {
      float* const sums = memory.sums + j * kLanes;
      const Vector total = hn::Load(d, memory.totals + j);
      hn::Store(hn::Add(total, SumsOfRows<kLanes>(sums)), d, memory.totals + j);
      std::fill_n(sums, kLanes * kLanes, 0.0f);
    }
  }

  // Lane i of the result is the sum of row i of `rows` [kRows][kLanes] when kRows is kLanes: sums
  // of neighbours, then sums of neighbouring sums, and so on.
  template <size_t kRows>
  static HWY_INLINE Vector SumsOfRows(const float* rows) {
    const Lanes d;
#if HWY_TARGET != HWY_SCALAR  // which has one lane
    if constexpr (kRows > 1) {
      const Vector low = SumsOfRows<kRows / 2>(rows);
      const Vector high = SumsOfRows<kRows / 2>(rows + kRows / 2 * kLanes);
      return hn::Add(hn::ConcatEven(d, high, low), hn::ConcatOdd(d, high, low));
    }
#endif
    return hn::Load(d, rows);
  }

  const size_t features_;       // d
  const size_t latent_;         // k
  const size_t samples_;        // L
  const size_t hidden_;         // units of G's first layer, padded to whole vectors
  const EvenBlocks tiles_;      // of vectors of samples
  const size_t multiply_adds_;  // of a sample
  // Whether the first layer is folded: when that costs less than computing every z.
  const bool folds_;
  const PackedLayer encoder1_;
  const PackedLayer encoder2_;
  const PackedLayer mean_;
  const PackedLayer log_variance_;
  const PackedLayer generator1_;
  const PackedLayer generator2_;
  const PackedLayer output_;    // pre-activations on the scale of sigmoid-inl.h
  AlignedFloats first_weight_;  // W1^T, [k][hidden_]
  AlignedFloats first_bias_;    // b1, [hidden_]
  AlignedFloats points_;        // for each tile [k][samples of the tile]; missing samples are 0
  std::vector<uint32_t> all_units_;  // 0, 1, 2, ...
};

}  // namespace

std::unique_ptr<const ScoringKernel> CreateKernel(const NetworkWeights& weights,
                                                  const LatentPlan& plan) {
  return std::make_unique<const Kernel>(weights, plan);
}

}  // namespace advae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace advae {
namespace {

using CreateFunction = std::unique_ptr<const ScoringKernel> (*)(const NetworkWeights&,
                                                                const LatentPlan&);

struct Variant {
  InstructionSet set;
  CreateFunction create;
};

constexpr Variant kVariants[] = {
#if HWY_TARGETS & HWY_AVX3
    {InstructionSet::kAvx512, N_AVX3::CreateKernel},
#endif
#if HWY_TARGETS & HWY_AVX2
    {InstructionSet::kAvx2, N_AVX2::CreateKernel},
#endif
#if HWY_TARGETS & HWY_SSE4
    {InstructionSet::kSse4, N_SSE4::CreateKernel},
#endif
#if HWY_TARGETS & HWY_NEON
    {InstructionSet::kNeon, N_NEON::CreateKernel},
#endif
#if HWY_TARGETS & HWY_EMU128
    {InstructionSet::kPortable, N_EMU128::CreateKernel},
#elif HWY_TARGETS & HWY_SCALAR
    {InstructionSet::kPortable, N_SCALAR::CreateKernel},
#endif
};

}  // namespace

std::unique_ptr<const ScoringKernel> ScoringKernel::Create(const NetworkWeights& weights,
                                                           const LatentPlan& plan,
                                                           InstructionSet set) {
  const auto* const variant =
      std::ranges::find_if(kVariants, [set](const Variant& v) { return v.set == set; });
  assert(variant != std::end(kVariants));
  return variant->create(weights, plan);
}

}  // namespace advae
#endif  // HWY_ONCE
