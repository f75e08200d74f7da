// Augments what a discriminator sees, so that it cannot know few pictures by heart: latents are shifted and a square of
// them is cut out, of pictures colours change too, the same way for real and drawn ones (DiffAugment, arXiv
// 2006.10738). The probability is fixed, or rises while the discriminator is surer of real latents than it should be
// (ADA, arXiv 2006.06676).
#pragma once

#include "trainer/loop.h"

namespace mds {

struct AugmentConfig {
  double probability = 0;
  bool adaptive = false;
  double target = 0.6;
  int64_t rise = 100000;
  double shift = 0.125;
  double cutout = 0.25;
  bool colour = false;
  bool operator==(const AugmentConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("probability", self.probability, "probability of each change of an example; where adaptive, the first one",
          between(0, 1));
    field("adaptive", self.adaptive,
          "whether it rises while the mean sign of the logits of real examples is above target, and falls below");
    field("target", self.target, "mean sign that an adaptive probability leads to", between(-1, 1));
    field("rise", self.rise, "examples in which an adaptive probability rises from 0 to 1", between(1, 1e12));
    field("shift", self.shift, "largest shift in each direction, as a share of a side; what comes in is the mean",
          between(0, 0.5));
    field("cutout", self.cutout, "side of the square that is replaced by the mean, as a share of a side",
          between(0, 1));
    field("colour", self.colour,
          "whether brightness, saturation and contrast change too, for a discriminator of decoded pictures");
  }
  bool on() const { return probability > 0 || adaptive; }
};

class Augmentation {
 public:
  Augmentation(const AugmentConfig& config, const LoopConfig& loop);

  // What `apply` needs of chance, one row per example, on the CPU; undefined where there is no augmentation.
  Tensor draw(int64_t examples, at::Generator random) const;

  // The latents changed as the rows say; those that are not changed keep their bits. Undefined rows change nothing.
  Tensor apply(const Tensor& x_NCHW, const Tensor& rows_NR) const;

  // Counts the signs of the logits of real examples, where the probability is adaptive.
  void observe(const Tensor& logits);

  // Called by all processes after the discriminator's step of this number: shares their counts, and every fourth time
  // adapts to them.
  void adapt(int64_t step);

  double probability() const;
  TensorMap state() const;  // that a checkpoint holds; empty where the probability is fixed

 private:
  AugmentConfig config_;
  int64_t batch_;
  RanksPtr ranks_;
  Tensor probability_;  // float64, one number, on the networks' device
  Tensor own_signs_;    // int64: of the logits of this process in this step their sum, and how many there were
  Tensor signs_;        // the same, float64, of all processes since the last adaptation, on the CPU
};

}  // namespace mds
