// Distinguishes real from decoded pictures, patch by patch (PatchGAN, arXiv 1611.07004, as CompVis trains
// autoencoders), with the hinge loss and the adaptive weight of arXiv 2012.09841.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pipeline/tensor_file.h"
#include "trainer/ranks.h"

namespace mds {

// Five 4x4 convolutions: width, 2, 4 and 8 times the width, one logit. The first three have stride 2; LeakyReLU 0.2;
// the inner three have a batch norm. It is only trained, never evaluated on its own, so the norms use the batch's own
// statistics, over all processes that share it, and checkpoints need no running ones.
class PatchDiscriminator {
 public:
  static constexpr int64_t least_side = 24;  // smallest picture

  PatchDiscriminator(int64_t width, uint64_t seed, at::Device device = at::kCPU);

  TensorMap weights() const;
  Tensor logits(const Tensor& x_NCHW, const RanksPtr& ranks = nullptr) const;  // N x 1 x H' x W'

 private:
  struct Layer {
    Tensor weight, bias;              // of the convolution; the inner three have no bias
    Tensor norm_weight, norm_bias{};  // undefined on the first and the last
    int64_t stride;
  };
  std::vector<Layer> layers_;
};

// The losses of the discriminator and of the generator.
Tensor hinge_loss(const Tensor& logits_of_real, const Tensor& logits_of_drawn);
inline Tensor adversarial_loss(const Tensor& logits_of_drawn) { return -logits_of_drawn.mean(); }

// |d others / d last| / (|d adversarial / d last| + 1e-4), at most 1e4, for a weight `last` of both losses: times this,
// the adversarial gradient there is as large as the others'. No gradient flows through it; both graphs stay. The losses
// are means over all processes.
Tensor adaptive_weight(const Tensor& others, const Tensor& adversarial, const Tensor& last,
                       const RanksPtr& ranks = nullptr);

}  // namespace mds
