#include "pipeline/sampler_noise.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "spec/bootstrap.h"

namespace mds {
namespace {

// LibTorch's generator uses only the low 32 bits of its seed, so a longer seed is mixed into 32 bits.
std::vector<at::Generator> generators(const std::vector<uint64_t>& seeds) {
  std::vector<at::Generator> found;
  for (const uint64_t seed : seeds)
    found.push_back(at::detail::createCPUGenerator(seed >> 32 ? Random(seed).next() : seed));
  return found;
}

}  // namespace

LatentNoise picture_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape) {
  const NoiseSource source = [pictures = generators(seeds), shape] {
    std::vector<Tensor> rows;
    for (const auto& generator : pictures) rows.push_back(at::randn(shape, generator));
    return at::stack(rows);
  };
  return {source(), source};
}

Tensor seeded_noise(const std::vector<uint64_t>& seeds, const std::vector<int64_t>& shape) {
  return picture_noise(seeds, shape).initial;
}

}  // namespace mds
