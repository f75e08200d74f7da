// A kind of training as the loop sees it: weights, what an iteration draws, and the loss of that.
#pragma once

#include <ATen/core/Generator.h>

#include <optional>

#include "networks/network.h"
#include "trainer/optimizer.h"

namespace mds {

// A network's weights as they are trained, by name behind a prefix.
TensorMap trained_weights(const Network& network, const std::string& prefix = "");

// All randomness of an iteration comes from `random`, which depends on the seed, the iteration and the network that is
// trained alone, so a resumed run needs no saved random state.
struct Turn {
  int64_t iteration;
  at::Generator random;
};

TensorMap on_compute_device(TensorMap batch);

// Of a batch of `count` examples, those from `first` on; single numbers, which are the whole batch's, stay.
struct Part {
  int64_t count, first, examples;
};
TensorMap part_of(const TensorMap& batch, const Part& part);

class PictureFeed;
struct Adversary;

class Stage {
 public:
  virtual ~Stage() = default;
  virtual TensorMap weights() const = 0;  // by name, float32
  // Examples, noise, timesteps, on the CPU; nothing that a training step changes enters into them.
  virtual TensorMap batch(const Turn& turn) = 0;
  // Of a batch on the networks' device; a function of it and the weights that reads no value back: on a GPU its kernels
  // are recorded once and replayed for every batch with the same names.
  virtual Tensor loss(const TensorMap& batch, const Observer& observer) = 0;
  // Why the loss of a batch is not the mean of its parts' losses, so that it cannot be trained on in parts; empty where
  // it is.
  virtual std::string needs_whole_batch() const { return ""; }
  virtual PictureFeed* feed() { return nullptr; }  // whose position belongs to a checkpoint
  virtual std::optional<Adversary> adversary();    // none
};

// A network trained against a stage's own, as a discriminator is; its step comes before the stage's.
struct Adversary {
  Stage* stage;
  OptimizerConfig optimizer;
  int64_t every = 1;  // iterations of the stage for one of the adversary
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
