// The kernels of a loss and its gradients, recorded once on a GPU and replayed: a small network's step is bound there
// by the launching of some thousand kernels and not by their work.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "pipeline/weights.h"

namespace mds {

class StepGraph {
 public:
  // The loss of a batch, after which its gradients are the weights'. The loss's graph must not outlive the call.
  using Step = std::function<Tensor(const TensorMap& batch)>;
  virtual ~StepGraph() = default;

  // Runs `step` as it is for the first batches with these names, records it for the next one, and from then on replays
  // the recording over the batch's values. Batches of the same names must be of the same shapes and types.
  virtual Tensor run(const TensorMap& batch, const Step& step) = 0;
};
using StepGraphPtr = std::unique_ptr<StepGraph>;

// Null where the weights lie on a device without graphs, or the build has no CUDA.
StepGraphPtr make_step_graph(std::vector<Tensor> weights);

}  // namespace mds
