// Tells real pictures from decoded ones, patch by patch (PatchGAN, arXiv 1611.07004, as CompVis trains autoencoders),
// with the hinge loss and the adaptive weight of arXiv 2012.09841.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pipeline/tensor_file.h"

namespace mds {

// 4x4 convolutions to width, 2, 4 and 8 widths and one logit, the first three of stride 2, LeakyReLU 0.2; a batch norm
// behind the inner three. It is always trained and never evaluated on its own, so the norms are by the batch at hand,
// and keep no running statistics that a checkpoint would have to hold.
class PatchDiscriminator {
 public:
  static constexpr int64_t least_side = 24;  // of a picture

  PatchDiscriminator(int64_t width, uint64_t seed);

  TensorMap weights() const;
  Tensor logits(const Tensor& x_NCHW) const;  // N x 1 x H' x W'

 private:
  struct Layer {
    Tensor weight, bias;              // of the convolution; the inner three have no bias
    Tensor norm_weight, norm_bias{};  // undefined on the first and the last
    int64_t stride;
  };
  std::vector<Layer> layers_;
};

// The discriminator's loss, and the generator's.
Tensor hinge_loss(const Tensor& logits_of_real, const Tensor& logits_of_drawn);
inline Tensor adversarial_loss(const Tensor& logits_of_drawn) { return -logits_of_drawn.mean(); }

// |d others / d last| / (|d adversarial / d last| + 1e-4), at most 1e4, where `last` is a weight both depend on: times
// this, the adversarial loss is as steep there as the others. No gradient flows through it; both graphs are kept.
Tensor adaptive_weight(const Tensor& others, const Tensor& adversarial, const Tensor& last);

}  // namespace mds
