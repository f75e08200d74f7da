#include "trainer/latent_statistics.h"

#include <ATen/ATen.h>

namespace mds {
namespace {

Tensor on_cpu(const Tensor& latents) { return latents.detach().to(at::kCPU, at::kDouble); }

// The ring of each frequency of a map, flattened.
Tensor ring_of(int64_t side, int64_t rings) {
  const Tensor squared = at::fft_fftfreq(side, 1.0 / double(side), at::kDouble).square();
  const Tensor radius = (squared.unsqueeze(0) + squared.unsqueeze(1)).sqrt();
  return (radius * double(2 * rings) / double(side)).floor().clamp_max(double(rings - 1)).to(at::kLong).flatten();
}

}  // namespace

LatentStatistics statistics_of(const Tensor& latents) {
  const Tensor by_channel = on_cpu(latents).transpose(0, 1).flatten(1);
  return {.mean = by_channel.mean(1), .std = by_channel.std(1)};
}

Tensor power_by_ring(const Tensor& latents, int64_t rings) {
  const Tensor maps = on_cpu(latents);
  const Tensor varied = maps - maps.mean(at::IntArrayRef{2, 3}, /*keepdim=*/true);
  const Tensor power = at::fft_fft2(varied).abs().square().mean(at::IntArrayRef{0, 1}).flatten();
  return at::zeros({rings}, at::kDouble).index_add(0, ring_of(maps.size(3), rings), power);
}

}  // namespace mds
