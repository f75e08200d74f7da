// Gaussian noise of latents, drawn picture by picture: a picture's noise depends on its own seed alone, whatever its
// batch and its place in it.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "networks/network.h"

namespace mds {

// More noise at each call, N x C x H x W.
using NoiseSource = std::function<Tensor()>;

// What sampling begins with, N x C x H x W, and the source of what a stochastic sampler adds on its way. For one run:
// the source goes on where it was left, in copies too.
struct LatentNoise {
  LatentNoise(Tensor noise, NoiseSource source = {}) : initial(std::move(noise)), fresh(std::move(source)) {}
  Tensor initial;
  NoiseSource fresh;
};

// Row i, of the given shape, is what a generator of seeds[i] draws first. All 64 bits of a seed count.
Tensor seeded_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape);

// seeded_noise to begin with; each picture's generator goes on from there.
LatentNoise picture_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape);

}  // namespace mds
