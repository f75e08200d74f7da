// One network's part in an iteration: its batch, loss, gradients and optimizer step. A batch may be processed in parts,
// whose gradients are added.
#pragma once

#include "networks/placement.h"
#include "profiler/phase_clock.h"
#include "trainer/gradients.h"
#include "trainer/stage.h"
#include "trainer/step_graph.h"

namespace mds {

struct PlayerConfig {
  uint64_t seed;
  uint64_t purpose;           // seeds its randomness
  TrainingPrecision dtype;    // of the forward pass
  int64_t every;              // an optimizer step every so many iterations,
  int64_t steps = 1;          // or so many in each; steps are numbered through
  int64_t batch;              // examples
  int64_t examples_a_pass;    // a divisor of `batch`
  bool synchronised = false;  // the clocks wait for a GPU
  bool hooked = true;         // a backward pass announces each gradient once
  RanksPtr ranks = nullptr;   // they share the passes evenly
  int64_t passes() const { return batch / examples_a_pass; }
  int64_t own_passes() const { return passes() / count_of(ranks); }
  int64_t first_pass() const { return ranks ? ranks->rank() * own_passes() : 0; }
  std::optional<Share> share() const {
    if (!ranks) return {};
    return Share{first_pass() * examples_a_pass, own_passes() * examples_a_pass};
  }
};

// Of work on a GPU, a part holds what it waited for, unless the clocks wait for the GPU.
struct StepTimes {
  double data_s = 0, forward_s = 0;     // the batch, with waiting for its examples; its loss
  double backward_s = 0, update_s = 0;  // gradients (0 where they are replayed with the loss); the optimizer
  double total_s() const { return data_s + forward_s + backward_s + update_s; }
};
// Adds them to the phases data, forward, backward and optimizer.
void add_times(PhaseClock& clock, const StepTimes& times);

struct PlayerStep {
  double loss, gradient_norm;
  StepTimes times;
};

class Player {
 public:
  Player(Stage& stage, const PlayerConfig& config, Optimizer optimizer);
  Player(Stage& stage, const PlayerConfig& config, Optimizer optimizer, StepGraphPtr graph);

  // Takes one step, of the iteration of its number over config.steps. A loss or gradient that is not finite throws
  // std::runtime_error with the iteration and the first such block or weight, and the weights stay as they were.
  PlayerStep step(int64_t number);

  Stage& stage() const { return stage_; }
  Optimizer& optimizer() { return optimizer_; }
  const Optimizer& optimizer() const { return optimizer_; }

 private:
  Batch batch_of(int64_t number);
  Batch drawn(int64_t number) const;
  at::Device device() const { return optimizer_.weights().begin()->second.device(); }
  Tensor loss(const Batch& part, const Observer& observer);
  Batch part_at(const Batch& batch, int64_t pass) const;
  // Returns the mean loss of the batch's parts; the weights then have the gradients of the whole batch.
  double all_passes(const Batch& batch, int64_t number, StepTimes& times);
  double passed(const Batch& part, StepTimes& times);
  double replayed(const Batch& part, int64_t ahead,
                  StepTimes& times);  // draws batch `ahead` meanwhile
  void check(const std::vector<double>& losses, const Batch& batch, int64_t number);
  bool synchronised() const { return config_.synchronised && device().is_cuda(); }
  void draw_ahead(int64_t number);

  Stage& stage_;
  PlayerConfig config_;
  Optimizer optimizer_;
  StepGraphPtr graph_;
  std::unique_ptr<GradientSum> gradients_;
  std::optional<std::pair<int64_t, Batch>> ahead_;  // the next batch, drawn while the GPU is busy with the present one
};

}  // namespace mds
