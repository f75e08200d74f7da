// The training loop of all stages: loss, backward, clip, step, average; checkpoints that resume bit for bit; and a stop
// at the first number that is not finite, with the place where it appeared.
#pragma once

#include "trainer/player.h"

namespace mds {

struct LoopConfig {
  int64_t iterations = 1000;
  int64_t batch = 16;
  uint64_t seed = 0;
  TrainingPrecision dtype = TrainingPrecision::fp32;
  int64_t checkpoint_every = 200;
  int64_t micro_batch = 0;
  bool checkpoint_activations = false;
  bool shard_optimizer = false;
  // Set by the caller, and no part of a file or of a run's identity.
  Placement placement{};      // of weights
  bool synchronised = false;  // on a GPU, the times of a step's parts wait for it, which makes the step slower
  RanksPtr ranks{};           // the processes that share each batch
  bool operator==(const LoopConfig&) const = default;

  static void describe(auto& self, auto&& field) {
    field("iterations", self.iterations, "optimizer steps", at_least(1));
    field("batch", self.batch, "training examples in an iteration", between(1, 1 << 20));
    field("seed", self.seed, "seed of weights, data order and noise", at_least(0));
    field("dtype", self.dtype, "number type of the forward pass; weights and their average stay in float32");
    field("checkpoint_every", self.checkpoint_every, "iterations between checkpoints", at_least(1));
    field("micro_batch", self.micro_batch,
          "examples in a pass, a divisor of batch: gradients of the passes are summed before the optimizer's step; 0: "
          "the whole batch",
          later(between(0, 1 << 20)));
    field("checkpoint_activations", self.checkpoint_activations,
          "whether of each block only the output is kept and the rest computed again in the backward pass: less "
          "memory, the same gradients",
          later());
    field("shard_optimizer", self.shard_optimizer,
          "whether of several processes each holds the average and AdamW's moments of a share of the weights only "
          "(ZeRO-1): less memory, the same numbers, and more to send in each iteration",
          later());
  }
  int64_t examples_a_pass() const { return micro_batch > 0 ? micro_batch : batch / count_of(ranks); }
};

// ConfigError where micro_batch is not a divisor of batch, or the processes cannot share the passes evenly; `at` is
// where these fields are in their file.
void check_micro_batch(const LoopConfig& config, const std::string& at = "loop.");

struct StepReport {
  int64_t iteration;  // number completed
  double loss;
  double gradient_norm;
  double adversary_loss;  // mean over the adversary's steps; NaN if it took none in this iteration
  StepTimes times;        // of the stage and the adversary together
};

class Loop {
 public:
  Loop(Stage& stage, const LoopConfig& loop, const OptimizerConfig& optimizer);

  // Trains up to `iteration`. A loss or gradient that is not finite throws std::runtime_error with the iteration and
  // the first such block or weight; the weights are then those of the last finite step.
  void run_to(int64_t iteration, const std::function<void(const StepReport&)>& report = {});

  int64_t iteration() const { return player_.optimizer().steps(); }
  const TensorMap& weights() const { return player_.optimizer().weights(); }
  const RanksPtr& ranks() const { return ranks_; }
  // Called by all processes before process 0 calls ema(), write() or save().
  void collect();
  // Whether this process still has the whole state of iteration() after run_to() threw RanksError, and may save it.
  bool whole() const { return whole_ && !sharded_; }
  const TensorMap& ema() const { return player_.optimizer().ema(); }

  // `identity` is what determines the run (trainer/run_identity.h). A state that is not finite is never saved:
  // std::runtime_error as above. resume() refuses a checkpoint of another run and says what differs (ConfigError), and
  // a damaged one with the place (FileError). A run keeps its checkpoint with its hash (trainer/checkpoint_file.h).
  void write(NewFile& out, const std::string& identity) const;
  void save(const std::string& file, const std::string& identity) const;
  bool resume(const std::string& file, const std::string& identity);  // false where the file does not exist

 private:
  StepReport step();

  Player player_;
  std::unique_ptr<Player> adversary_;
  int64_t adversary_every_ = 1, adversary_steps_ = 1;
  RanksPtr ranks_;
  bool sharded_ = false;
  bool whole_ = true;  // the adversary is not a step ahead
};

}  // namespace mds
