// A kind of training as the loop sees it: the weights, the batch of an iteration, and the loss of a batch.
#pragma once

#include <ATen/core/Generator.h>

#include <optional>

#include "networks/network.h"
#include "pipeline/model.h"
#include "trainer/batch.h"
#include "trainer/optimizer.h"

namespace mds {

// The weights of a network that is trained, by name with a prefix.
TensorMap trained_weights(const Network& network, const std::string& prefix = "");

// `count` examples of a batch, from `first` on.
struct Share {
  int64_t first, count;
};

// All randomness of an iteration comes from `random`. It depends only on the seed, the iteration and the network that
// is trained, so a resumed run needs no saved random state.
struct Turn {
  int64_t iteration;
  at::Generator random;
  std::optional<Share> share{};  // the examples that are trained on here; of the others only the randomness is needed
};

// What a stage knows of the model that it makes, beside the weights.
struct StageCard {
  // Specs, prediction, schedule and sampler; of the provenance what follows from the networks that the stage began
  // with.
  ModelCard model{};
  bool guidance_absorbed = false;  // the network learned guidance, so it draws with a guidance of 1
  std::map<std::string, std::string>
      predecessors{};  // model folders, by the field of the configuration that names them
  std::string note{};  // for the user, when training begins
};

class PictureFeed;
struct Adversary;

class Stage {
 public:
  virtual ~Stage() = default;
  virtual TensorMap weights() const = 0;  // by name, float32
  virtual Batch batch(const Turn& turn) = 0;
  virtual Tensor loss_of(const Batch& batch, const Observer& observer) = 0;
  // The reason why the loss of a batch is not the mean of its parts' losses, so that it cannot be computed in parts;
  // empty where it is.
  virtual std::string needs_whole_batch() const { return ""; }
  // Whether its loss of a process's share of the batch asks the other processes for what it needs of the whole one.
  virtual bool asks_others() const { return false; }
  virtual StageCard card() const { return {}; }    // empty for one that only trains against another
  virtual PictureFeed* feed() { return nullptr; }  // its position belongs to a checkpoint
  virtual std::optional<Adversary> adversary();    // none
  // Called after each step with the number completed; std::runtime_error ends the training.
  virtual void watch(int64_t /*iteration*/) {}
  // Called by all processes after each of its own optimizer steps, with the step's number from 0 on.
  virtual void stepped(int64_t /*step*/) {}
  // What training changes in place beside the weights, by name; a checkpoint holds it.
  virtual TensorMap state() const { return {}; }
};

// A stage whose batches are structs of type Own.
template <class Own>
class StageOf : public Stage {
 public:
  // Examples, noise and timesteps, on the CPU. They must not depend on anything that a training step changes.
  virtual Own draw(const Turn& turn) = 0;
  // The loss of a batch on the networks' device. It must be a function of the batch and the weights that reads no value
  // back to the CPU: on a GPU its kernels are recorded once and replayed for every batch with the same tensors defined.
  virtual Tensor loss(const Own& batch, const Observer& observer) = 0;

  Batch batch(const Turn& turn) final { return Batch(draw(turn)); }
  Tensor loss_of(const Batch& batch, const Observer& observer) final { return loss(batch.as<Own>(), observer); }
};

// A network trained against the stage's own, such as a discriminator. Its step comes before the stage's.
struct Adversary {
  Stage* stage;
  OptimizerConfig optimizer;
  int64_t every = 1;  // the adversary steps in every so-manieth iteration,
  int64_t steps = 1;  // so many times; one of the two is 1
};

// A generator for one purpose of one iteration. LibTorch keeps 32 bits of the mixed seed, so two triples share a stream
// with probability 2^-32.
at::Generator generator_for(uint64_t seed, int64_t iteration, uint64_t purpose = 0);

// Which examples an iteration gets: a new permutation of 0..count-1 for each epoch.
class Batches {
 public:
  Batches(int64_t count, int64_t batch, uint64_t seed) : count_(count), batch_(batch), seed_(seed) {}
  Tensor at(int64_t iteration);  // int64, on the CPU

 private:
  const Tensor& order_of(int64_t epoch);

  int64_t count_, batch_;
  uint64_t seed_;
  int64_t epoch_ = -1;  // the epoch of order_
  Tensor order_;
};

// A seeded choice of min(count, most) distinct numbers from 0..count-1. int64, on the CPU.
Tensor sampled_rows(int64_t count, int64_t most, uint64_t seed);

}  // namespace mds
