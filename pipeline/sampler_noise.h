// Gaussian noise of latents, drawn separately for each picture: its noise depends only on its own seed, not on its
// batch or its place there.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "networks/network.h"
#include "pipeline/init_latents.h"

namespace mds {

// Returns new noise in each call, N x C x H x W.
using NoiseSource = std::function<Tensor()>;

// The noise with which sampling begins, N x C x H x W, the source for the noise that a stochastic sampler adds, and the
// picture, if any, that the noise covers. For one run only: the source continues where it stopped, also in copies.
struct LatentNoise {
  LatentNoise(Tensor noise, NoiseSource source = {}) : initial(std::move(noise)), fresh(std::move(source)) {}
  Tensor initial;
  NoiseSource fresh;
  InitLatents init{};
};

// Row i, of the given shape, is the first noise of a generator seeded with seeds[i]. All 64 bits of a seed count.
Tensor seeded_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape);

// Begins with seeded_noise; the generator of each picture continues from there.
LatentNoise picture_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape);

}  // namespace mds
