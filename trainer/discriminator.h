// Tells noisy real latents from noisy drawn ones: a copy of the generator's UNet, text and timestep included.
#pragma once

#include "trainer/loop.h"
#include "trainer/predecessor.h"

namespace mds {

// unet: the whole copy is trained and its output map holds the logits. heads: the copy is frozen and small heads on its
// blocks' maps are trained, which saves the memory of its gradients and moments (arXiv 2406.04324).
enum class DiscriminatorKind : uint8_t { unet, heads };
template <>
struct EnumNames<DiscriminatorKind> {
  static constexpr std::array names{"unet", "heads"};
};

class Discriminator {
 public:
  // The generator's weights with the output convolution at zero, so that all logits begin at 0; heads begin there too.
  Discriminator(DiscriminatorKind kind, const Predecessor& start, const LoopConfig& loop);

  TensorMap weights() const;  // what is trained
  // One logit for each element of a map, of all maps: N x L.
  Tensor logits(const Tensor& x_NCHW, const Told& told, const Observer& observer = {}) const;

 private:
  // Two 1 x 1 convolutions, the last one with one output.
  struct Head {
    Tensor in_weight, in_bias, out_weight, out_bias;
  };
  void add_heads(uint64_t seed);

  NetworkPtr unet_;
  std::map<std::string, Head> heads_;  // by the path of the block they read
};

}  // namespace mds
