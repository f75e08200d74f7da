// Distinguishes noisy real from noisy drawn latents, with a copy of the generator's UNet, which reads text and
// timestep; or decoded pictures (projected_discriminator.h).
#pragma once

#include "trainer/loop.h"
#include "trainer/predecessor.h"
#include "trainer/projected_discriminator.h"

namespace mds {

// unet: the whole copy is trained, and its output map is the logits. heads: the copy is frozen and only small heads on
// the maps of its blocks are trained, which saves the memory of gradients and moments (arXiv 2406.04324). projected:
// heads on a frozen classifier's maps of decoded pictures.
enum class DiscriminatorKind : uint8_t { unet, heads, projected };
template <>
struct EnumNames<DiscriminatorKind> {
  static constexpr std::array names{"unet", "heads", "projected"};
};

// Small heads on the maps of a UNet's way down and middle: 1 x 1 convolutions to one logit for each of their elements.
class DiscriminatorHeads {
 public:
  DiscriminatorHeads() = default;
  DiscriminatorHeads(const Network& unet, uint64_t seed);  // whose last convolutions are zero

  TensorMap weights() const;
  // Runs the UNet that they were made for.
  Tensor logits(const Network& unet, const Tensor& x_NCHW, const UNetInputs& inputs, const Observer& observer) const;

 private:
  struct Head {
    Tensor in_weight, in_bias, out_weight, out_bias;
  };
  std::map<std::string, Head> heads_;  // by the path of the block whose map they read
};

class Discriminator {
 public:
  // Starts with the generator's weights; the output convolution, or the heads' last, is zero, so that all logits are 0.
  Discriminator(DiscriminatorKind kind, const Predecessor& start, const LoopConfig& loop);
  explicit Discriminator(std::unique_ptr<ProjectedDiscriminator> projected);

  TensorMap weights() const;  // the trained ones
  // From x0 to the pictures that it sees; empty where it sees latents.
  std::function<Tensor(const Tensor& x0_NCHW)> decoded() const;
  // One logit for each element of each map, N x L, of noised latents or of pictures.
  Tensor logits(const Tensor& x_NCHW, const UNetInputs& inputs, const Observer& observer = {}) const;

 private:
  NetworkPtr unet_;
  std::optional<DiscriminatorHeads> heads_;
  std::unique_ptr<ProjectedDiscriminator> projected_;
};

}  // namespace mds
