// The training loop every stage shares: loss, backward, clip, step, average; checkpoints that resume bit for bit;
// a stop at the first number that is not finite, with the place where it arose.
#pragma once

#include <ATen/core/Generator.h>

#include <functional>
#include <optional>
#include <string>

#include "networks/network.h"
#include "trainer/optimizer.h"

namespace mds {

enum class Precision : uint8_t { fp32, bf16 };
template <>
struct EnumNames<Precision> {
  static constexpr std::array names{"fp32", "bf16"};
};
inline at::ScalarType scalar_type(Precision precision) {
  return precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
}

struct LoopConfig {
  int64_t iterations = 1000;
  int64_t batch = 16;
  uint64_t seed = 0;
  Precision dtype = Precision::fp32;
  int64_t checkpoint_every = 200;
  bool operator==(const LoopConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("iterations", self.iterations, "optimizer steps", at_least(1));
    field("batch", self.batch, "examples an iteration", between(1, 1 << 20));
    field("seed", self.seed, "of weights, data order and noise", at_least(0));
    field("dtype", self.dtype, "of the forward pass; weights and their average stay in float32");
    field("checkpoint_every", self.checkpoint_every, "iterations between checkpoints", at_least(1));
  }
};

// A network's weights as they are trained, by name behind a prefix.
TensorMap trained_weights(const Network& network, const std::string& prefix = "");

// What a loss may draw on. All randomness comes from `random`, which depends on the seed and the iteration alone, so a
// resumed run needs no saved random state.
struct StepContext {
  int64_t iteration;
  at::Generator random;
  Observer observer;
};

class PictureFeed;

// One kind of training: its weights and its loss.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual TensorMap weights() const = 0;  // by name, float32
  virtual Tensor loss(const StepContext& context) = 0;
  virtual PictureFeed* feed() { return nullptr; }  // whose position belongs to a checkpoint
};

struct StepReport {
  int64_t iteration;  // done so far
  double loss;
  double gradient_norm;
  double data_s;                           // waiting for examples, within forward_s
  double forward_s, backward_s, update_s;  // batch and loss; gradients; norm, optimizer and average
};

class Loop {
 public:
  Loop(Stage& stage, const LoopConfig& loop, const OptimizerConfig& optimizer);

  // Trains up to `iteration`. A loss or gradient that is not finite throws std::runtime_error with the iteration and
  // the first block or weight concerned; the weights then are those of the last finite step.
  void run_to(int64_t iteration, const std::function<void(const StepReport&)>& report = {});

  int64_t iteration() const { return optimizer_.steps(); }
  const TensorMap& weights() const { return optimizer_.weights(); }
  const TensorMap& ema() const { return optimizer_.ema(); }

  // `identity` is the run's configuration as text; a checkpoint of another configuration is refused.
  void save(const std::string& file, const std::string& identity) const;
  bool resume(const std::string& file, const std::string& identity);  // false where the file does not exist

 private:
  StepReport step();

  Stage& stage_;
  LoopConfig config_;
  Optimizer optimizer_;
};

// A generator for one purpose of one iteration. LibTorch keeps 32 bits of the mixture, so two triples share a stream
// with a chance of 2^-32.
at::Generator generator_for(uint64_t seed, int64_t iteration, uint64_t purpose = 0);

// Which examples an iteration sees: a fresh permutation of 0..count-1 for each epoch.
class Batches {
 public:
  Batches(int64_t count, int64_t batch, uint64_t seed) : count_(count), batch_(batch), seed_(seed) {}
  Tensor at(int64_t iteration);  // int64, on the CPU

 private:
  const Tensor& order_of(int64_t epoch);

  int64_t count_, batch_;
  uint64_t seed_;
  int64_t epoch_ = -1;  // of order_
  Tensor order_;
};

// A seeded choice of min(count, most) of 0..count-1, each once. int64, on the CPU.
Tensor sampled_rows(int64_t count, int64_t most, uint64_t seed);

}  // namespace mds
