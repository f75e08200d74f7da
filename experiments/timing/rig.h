// A network with random weights, and the random inputs that it and each of its steps need to run.
#pragma once

#include <vector>

#include "experiments/timing/step_timing.h"
#include "networks/network.h"

namespace mds {

// MemoryError where a pass of the plan does not fit the device.
void require_pass(const Plan& plan, const ProfileOptions& options);

class Rig {
 public:
  // MemoryError where a pass does not fit the device.
  Rig(Plan plan, const ProfileOptions& options);

  const std::vector<PhaseMemory>& memory() const { return memory_; }  // of making and of preparing the weights

  Callable step(size_t i);
  // The network has the input and conditioning of its first step, as all its steps have the same text in scope, and
  // where a step reads a pooled text and sizes, or a layout, those.
  Callable whole(const Observer& observer = {});

 private:
  Tensor random(at::IntArrayRef sizes);
  Tensor random(const Shape& shape);
  Tensor main_input(const PlanStep& step);
  Tensor skip_input(const PlanStep& step);
  Conditioning conditioning_of(const PlanStep& step);
  void fill_layout(Conditioning& conditioning, const Site& site);

  int64_t batch_;
  at::TensorOptions numbers_;  // type and device of the network's inputs
  at::Generator generator_;
  NetworkPtr network_;
  std::vector<PhaseMemory> memory_;
};

}  // namespace mds
