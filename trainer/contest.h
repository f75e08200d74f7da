// The losses with which a generator and a discriminator of noised latents train against each other, and what keeps the
// discriminator from knowing few pictures by heart: augmentation, and a penalty of its slopes.
#pragma once

#include "trainer/augment.h"
#include "trainer/predecessor.h"

namespace mds {

// R1 (arXiv 1801.04406) as a difference, which needs no second derivatives.
struct SlopeConfig {
  double weight = 0;
  double deviation = 0.1;
  int64_t every = 4;
  bool operator==(const SlopeConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("weight", self.weight,
          "factor of the mean (D(x) - D(x + deviation n))^2 for real x and Gaussian n; 0: no penalty", between(0, 1e6));
    field("deviation", self.deviation, "of the noise by which the two differ", between(1e-6, 10));
    field("every", self.every, "steps of the discriminator for one with the penalty, which then counts as many times",
          between(1, 1000));
  }
};

struct ContestConfig {
  SlopeConfig r1;
  AugmentConfig augment;
  bool operator==(const ContestConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("r1", self.r1, "penalty of the discriminator's slopes at real examples", later());
    field("augment", self.augment, "changes of what the discriminator sees, real and drawn", later());
  }
};

// How x0 becomes what the discriminator sees.
struct Sight {
  Tensor t_N{};
  Tensor noise_drawn_NCHW{}, noise_real_NCHW{};
  Tensor augment_NR{};  // undefined where nothing is augmented
  Tensor slope_NCHW{};  // undefined in a step without the penalty

  static void for_each(auto& self, auto&& visit) {
    visit("t_seen", self.t_N);
    visit("noise_drawn", self.noise_drawn_NCHW);
    visit("noise_real", self.noise_real_NCHW);
    visit("augment", self.augment_NR);
    visit("slope", self.slope_NCHW);
  }
};

// Logits of what is seen, one row per example.
using LogitsOf = std::function<Tensor(const Tensor& x_NCHW, const UNetInputs& inputs)>;

// Pictures of x0, N x 3 x H x W in [-1, 1].
using PicturesOf = std::function<Tensor(const Tensor& x0_NCHW)>;

class Contest {
 public:
  // Logits beyond `clamp` on the right side give no gradient. The schedule is on the networks' device. With `pictures`
  // these are seen, not noised, instead of noised latents. ConfigError where latents would change in colour, or
  // pictures have a penalty of slopes.
  Contest(const ContestConfig& config, double clamp, NoiseSchedule schedule, const LoopConfig& loop,
          PicturesOf pictures = {});

  // For latents of these sizes, seen at timesteps t_N; for the discriminator's step of this number, none for a step of
  // the generator.
  Sight draw(const Tensor& t_N, at::IntArrayRef sizes, at::Generator random, std::optional<int64_t> step = {}) const;

  Tensor generator_loss(const Tensor& x0_NCHW, const Tensor& text_NSC, const Sight& sight,
                        const LogitsOf& logits) const;
  // Drawn and real x0 of the same captions.
  struct Pair {
    Tensor drawn_NCHW, real_NCHW;
  };
  Tensor discriminator_loss(const Pair& x0, const Tensor& text_NSC, const Sight& sight, const LogitsOf& logits);

  void stepped(int64_t step) { augmentation_.adapt(step); }  // the discriminator, in all processes
  TensorMap state() const { return augmentation_.state(); }

 private:
  Tensor seen(const Tensor& x0_NCHW, const Tensor& noise_NCHW, const Sight& sight) const;

  ContestConfig config_;
  double clamp_;
  NoiseSchedule schedule_;
  PicturesOf pictures_;
  Augmentation augmentation_;
};

// Examples that the discriminator sees in one of its steps for one of the batch, on average.
inline double seen_a_step(const ContestConfig& config) {
  return 2 + (config.r1.weight > 0 ? 1 / double(config.r1.every) : 0);
}

}  // namespace mds
