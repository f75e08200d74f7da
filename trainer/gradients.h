// Adds up the gradients of an iteration's passes, in this process and over all that train together. The sum is a
// balanced binary tree over the passes' numbers: its bits are the same for 1, 2, 4, ... processes of the same passes.
#pragma once

#include <optional>

#include "pipeline/weights.h"
#include "trainer/ranks.h"

namespace mds {

class GradientSum {
 public:
  // The weights of a network that is trained, on one device. `hooked`: a backward pass announces each gradient once, so
  // that sums over processes begin while the pass goes on.
  GradientSum(const TensorMap& weights, RanksPtr ranks, bool hooked);
  ~GradientSum();
  GradientSum(const GradientSum&) = delete;
  GradientSum& operator=(const GradientSum&) = delete;

  // An iteration begins a pass before each backward pass, and ends it after; `last` is that of this process's last one.
  void begin_pass(bool last);
  // Takes the gradients of the pass. After the last one, the weights have those of the whole batch.
  void end_pass();

 private:
  class Hook;
  // Gradients that lie in one piece of memory and are summed over processes together.
  struct Bucket {
    std::vector<size_t> weights;
    Tensor flat;
    size_t ready = 0;
    Ranks::Wait wait{};
  };

  void add_earlier(size_t weight);  // the gradients of this iteration's earlier passes
  void arrived(size_t weight);
  void begin_full_buckets();
  void make_buckets();
  Tensor place_of(size_t weight) const;  // in its bucket, with the weight's own layout
  void sum_over_ranks();

  RanksPtr ranks_;
  bool hooked_;
  std::vector<Tensor> weights_;
  std::vector<std::vector<Tensor>> levels_;         // sums of 1, 2, 4, ... passes, empty where there is none
  size_t passes_ = 0;                               // of this iteration, that have ended
  bool last_ = false;                               // the present pass is the last
  std::vector<size_t> order_;                       // in which gradients arrived in the first iteration
  std::vector<bool> here_;                          // which have arrived in the last pass
  std::vector<Bucket> buckets_;                     // from the second iteration on
  std::vector<std::pair<size_t, int64_t>> places_;  // of each weight: its bucket, its first number there
  size_t begun_ = 0;                                // buckets whose sum has begun
};

}  // namespace mds
