// Statistics of latents whose means, deviations and frequencies are known.
#include "trainer/latent_statistics.h"

#include <ATen/ATen.h>

#include <numbers>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;

TEST_CASE("means and deviations are those of each channel", "[trainer][torch]") {
  const Tensor noise = seeded_noise({1}, {2, 40, 40});
  const Tensor latents = at::cat({noise.select(1, 0).unsqueeze(1) * 3 + 5, noise.select(1, 1).unsqueeze(1)}, 1);
  const LatentStatistics found = statistics_of(latents), plain = statistics_of(noise);
  CHECK(found.mean[0].item<double>() == Approx(3 * plain.mean[0].item<double>() + 5));
  CHECK(found.std[0].item<double>() == Approx(3 * plain.std[0].item<double>()));
  CHECK(found.mean[1].item<double>() == Approx(plain.mean[1].item<double>()));
}

TEST_CASE("a wave's power lies in the ring of its frequency, and a constant has none", "[trainer][torch]") {
  const int64_t side = 16, rings = 4;
  const auto wave = [&](int64_t cycles) {
    const Tensor place = at::arange(side, at::kDouble) / double(side);
    return (2 * std::numbers::pi * double(cycles) * place).cos().view({1, 1, side, 1}).expand({1, 1, side, side});
  };
  for (const auto& [cycles, ring] : {std::pair{1, 0}, {2, 1}, {3, 1}, {4, 2}, {7, 3}, {8, 3}}) {
    INFO(cycles << " cycles");
    const Tensor power = power_by_ring(wave(cycles) + 9, rings);
    CHECK(power[ring].item<double>() == Approx(power.sum().item<double>()));
    CHECK(power[ring].item<double>() > 1);
  }
  CHECK(power_by_ring(at::full({2, 3, side, side}, 4.0), rings).max().item<double>() < 1e-20);
}
