// AdamW with warm-up, decay and global-norm clipping over named weights, and their exponential moving average.
// All state is in plain named tensors, so that a checkpoint holds all of it and a resumed run is equal bit by bit.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "pipeline/weights.h"
#include "spec/describe.h"
#include "trainer/ranks.h"

namespace mds {

enum class RateDecay : uint8_t { constant, cosine };
template <>
struct EnumNames<RateDecay> {
  static constexpr std::array names{"constant", "cosine"};
};

inline const Range adamw_decay = between(0, 0.999999);  // at 1 the bias correction divides by 0

struct OptimizerConfig {
  double lr = 1e-3;
  int64_t warmup = 100;
  RateDecay decay = RateDecay::constant;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
  double clip = 1.0;
  double ema = 0.9999;
  bool operator==(const OptimizerConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("lr", self.lr, "learning rate after warm-up", between(0, 10));
    field("warmup", self.warmup, "iterations in which the learning rate rises linearly", at_least(0));
    field("decay", self.decay, "learning rate after warm-up: constant, or cosine to 0 at the last iteration");
    field("beta1", self.beta1, "AdamW's decay of the gradient's moving average", adamw_decay);
    field("beta2", self.beta2, "AdamW's decay of the squared gradient's moving average", adamw_decay);
    field("epsilon", self.epsilon, "AdamW's epsilon, added to the gradient's root mean square", between(0, 1));
    field("weight_decay", self.weight_decay, "decoupled weight decay, times the learning rate", between(0, 10));
    field("clip", self.clip, "largest global norm of the gradients; 0: no clipping", at_least(0));
    field("ema", self.ema, "decay of the weights' average, at most (1 + k) / (10 + k) in step k", between(0, 1));
  }
};

// FileError names the first of the `wanted` tensors that `state`, from `source`, lacks under the prefix, or has in
// another shape.
void check_holds(const TensorMap& state, const TensorMap& wanted, const std::string& prefix, const std::string& source);

class Optimizer {
 public:
  // `weights` are the float32 tensors to train, by name; a cosine decay ends at `iterations`. With `sharers`, each of
  // the processes holds average and moments of its share of the weights only (ZeRO-1, arXiv 1910.02054), whole tensors,
  // and every step ends with all getting the weights that others have changed.
  Optimizer(TensorMap weights, const OptimizerConfig& config, int64_t iterations, RanksPtr sharers = nullptr);

  void train(bool on);  // whether losses have gradients with respect to them
  void zero_grad();
  double gradient_norm() const;  // over all weights; not finite if one is not
  std::string first_bad_gradient() const;
  void step(double gradient_norm);  // clips, updates the weights, then the moving average

  int64_t steps() const { return steps_; }
  const TensorMap& weights() const { return weights_; }

  // Called by all processes before process 0 calls ema() or state(): it gets the others' shares.
  void collect();
  const TensorMap& ema() const { return ema_; }

  // Names: "weights.*", "ema.*", "mean.*", "square.*" and "steps". A state that does not fit is a FileError, and
  // nothing changes.
  TensorMap state() const;
  void check_state(const TensorMap& state, const std::string& source) const;
  void load_state(const TensorMap& state, const std::string& source);

 private:
  double rate() const;
  bool owns(const std::string& name) const { return !sharers_ || owners_.at(name) == sharers_->rank(); }
  void share_out();
  std::vector<std::pair<std::string, const TensorMap*>> state_parts() const;

  OptimizerConfig config_;
  int64_t iterations_;
  int64_t steps_ = 0;
  TensorMap weights_, ema_, mean_, square_;  // of others' shares, the last three are empty or old
  RanksPtr sharers_;
  std::map<std::string, int64_t> owners_;  // process by weight, where they are shared out
};

}  // namespace mds
