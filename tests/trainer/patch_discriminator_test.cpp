// The patch discriminator has the published number of weights, and its losses equal sums computed by hand.
#include "trainer/patch_discriminator.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;

namespace {

Tensor pictures(int64_t count, int64_t side, uint64_t seed) {
  return 2 * at::rand({count, 3, side, side}, generator_for(seed, 0)) - 1;
}

}  // namespace

TEST_CASE("a patch discriminator of width 64 has CompVis's 2,765,633 weights", "[trainer][torch]") {
  int64_t count = 0;
  for (const auto& [name, weight] : PatchDiscriminator(64, 1).weights()) count += weight.numel();
  CHECK(count == 2'765'633);
}

TEST_CASE("a patch discriminator gives a logit for each patch", "[trainer][torch]") {
  const PatchDiscriminator patches(4, 1);
  CHECK(patches.logits(pictures(2, 64, 1)).sizes() == at::IntArrayRef({2, 1, 6, 6}));
  CHECK(patches.logits(pictures(2, PatchDiscriminator::least_side, 1)).sizes() == at::IntArrayRef({2, 1, 1, 1}));
  CHECK_THROWS(patches.logits(pictures(2, PatchDiscriminator::least_side - 1, 1)));
}

TEST_CASE("a discriminator's logits depend on the batch at hand and on none before", "[trainer][torch]") {
  const PatchDiscriminator patches(4, 1);
  const Tensor one = pictures(3, 32, 1), other = pictures(3, 32, 2);
  const Tensor before = patches.logits(one);
  patches.logits(other);
  CHECK(at::equal(patches.logits(one), before));
  CHECK(!at::allclose(patches.logits(at::cat({one, 0.1 * other})).slice(0, 0, 3), before));
}

TEST_CASE("the hinge loss asks for a margin of one on either side", "[trainer][torch]") {
  const Tensor real = at::tensor({2.0, 0.5}), drawn = at::tensor({-3.0, 1.0});
  CHECK(hinge_loss(real, drawn).item<double>() == Approx(0.5 * (0.5 / 2 + 2.0 / 2)));
  CHECK(hinge_loss(at::tensor({1.5}), at::tensor({-1.5})).item<double>() == 0);
  CHECK(adversarial_loss(drawn).item<double>() == Approx(1));
}

TEST_CASE("the adaptive weight makes the adversarial loss as steep as the others at the last layer",
          "[trainer][torch]") {
  const Tensor last = at::tensor({1.0, -2.0}).requires_grad_(true);
  const Tensor others = (last * at::tensor({3.0, 4.0})).sum();                // gradient (3, 4)
  const Tensor adversarial = (last.square() * at::tensor({6.0, 4.0})).sum();  // gradient (12, -16)
  const Tensor weight = adaptive_weight(others, adversarial, last);
  CHECK(weight.item<double>() == Approx(5 / (20 + 1e-4)));
  CHECK(!weight.requires_grad());
  (others + weight * adversarial).backward();  // both graphs still exist
  CHECK(last.grad()[0].item<double>() == Approx(3 + weight.item<double>() * 12));
  CHECK(last.grad()[1].item<double>() == Approx(4 - weight.item<double>() * 16));
}

TEST_CASE("an adversarial loss without slope gets a weight of ten thousand at most", "[trainer][torch]") {
  const Tensor last = at::tensor({1.0, 1.0}).requires_grad_(true);
  CHECK(adaptive_weight((5 * last).sum(), 0 * last.sum(), last).item<double>() == 1e4);
}
