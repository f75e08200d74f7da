// Records the kernels of a loss and its gradients once on a GPU and replays them. The step of a small network is
// limited by launching some thousand kernels, not by their work.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "trainer/batch.h"

namespace mds {

class StepGraph {
 public:
  // Computes a batch's loss and the weights' gradients of it. The loss's graph must not outlive the call.
  using Step = std::function<Tensor(const Batch& batch)>;
  virtual ~StepGraph() = default;

  // Runs `step` normally for the first batches with these tensors defined, records it for the next one, and then
  // replays the recording with each batch's values. All batches are of one struct; those with the same tensors defined
  // must have the same shapes and types.
  virtual Tensor run(const Batch& batch, const Step& step) = 0;
};
using StepGraphPtr = std::unique_ptr<StepGraph>;

// Null where the weights are on a device without graphs, or where the build has no CUDA.
StepGraphPtr make_step_graph(std::vector<Tensor> weights);

}  // namespace mds
