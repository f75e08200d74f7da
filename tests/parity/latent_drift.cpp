// Where the latents of a chain's models leave the data: `latent_drift LATENTS COUNT MODEL [MODEL ...]` draws COUNT
// held-out captions of a file of cached latents with each model folder, by its own sampler, and compares the latents
// with the data's of the same captions. A line of JSON each: over the channels, the root mean square of the means'
// distance in the data's deviations, and the ratio of deviations (geometric mean, least and greatest); and of four
// rings of spatial frequency, from low to high, the ratio of power.
#include <ATen/ATen.h>

#include <iostream>

#include "pipeline/drawer.h"
#include "pipeline/encode.h"
#include "spec/freed_memory.h"
#include "trainer/latents.h"
#include "trainer/stage.h"

using namespace mds;

namespace {

constexpr int64_t rings = 4;

struct Statistics {
  Tensor mean, std;  // float64 C
  Tensor power;      // float64 rings: of all channels, without the mean of each map
};

// The ring of each frequency of a map of H x H: its distance from 0, of which H / 2 is the last ring's end.
Tensor ring_of(int64_t side) {
  const Tensor frequency = at::fft_fftfreq(side, 1.0 / double(side), at::kDouble).abs();
  const Tensor radius = (frequency.square().unsqueeze(0) + frequency.square().unsqueeze(1)).sqrt();
  return (radius * double(rings) / (double(side) / 2)).floor().clamp_max(rings - 1).to(at::kLong);
}

Statistics statistics_of(const Tensor& latents_NCHW) {
  const Tensor maps = latents_NCHW.to(at::kDouble);
  const Tensor by_channel = maps.transpose(0, 1).flatten(1);
  const Tensor varied = maps - maps.mean({2, 3}, /*keepdim=*/true);
  const Tensor power_HW = at::fft_fft2(varied).abs().square().mean({0, 1});
  const Tensor ring = ring_of(maps.size(2)).flatten();
  return {.mean = by_channel.mean(1),
          .std = by_channel.std(1),
          .power = at::zeros({rings}, at::kDouble).index_add(0, ring, power_HW.flatten())};
}

Json drift(const Statistics& drawn, const Statistics& data) {
  const Tensor off = (drawn.mean - data.mean) / data.std, ratio = (drawn.std / data.std).log();
  const auto number = [](const Tensor& of) { return of.item<double>(); };
  Json power = Json::array();
  for (int64_t i = 0; i < rings; ++i) power.push_back(number(drawn.power[i] / data.power[i]));
  return {{"mean", number(off.square().mean().sqrt())},
          {"deviation", {number(ratio.mean().exp()), number(ratio.min().exp()), number(ratio.max().exp())}},
          {"power", power}};
}

Tensor drawn_latents(const std::string& folder, const LatentSet& set, int64_t count) {
  const ModelCard card = load_card(folder, {"unet", "schedule"});
  const auto unet = load_part(folder, "unet", make_plan(*card.unet));
  unet->prepare();
  const Drawer drawer{
      .diffusion = {NoiseSchedule(*card.schedule), card.prediction}, .sampler = sampler_of(card), .scale = set.scale};
  std::vector<Tensor> all;
  constexpr int64_t at_once = 64;
  for (int64_t begin = 0; begin < count; begin += at_once) {
    const int64_t end = std::min(begin + at_once, count);
    PictureTexts texts{.rows = {}, .chosen_N = at::arange(1, end - begin + 1)};
    texts.rows.text_NSC = at::cat({set.empty_text, set.held_out_text(at::arange(begin, end))}).to(at::kFloat);
    std::vector<uint64_t> seeds;
    for (int64_t i = begin; i < end; ++i) seeds.push_back(uint64_t(i));
    all.push_back(drawer.latents(*unet, texts, seeds));
  }
  return at::cat(all);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  keep_freed_memory();
  const at::NoGradGuard no_grad;
  const LatentSet set = load_latents(argv[1]);
  const Tensor rows = set.rows(/*of_held_out=*/true);
  const int64_t count = std::min<int64_t>(std::stoll(argv[2]), rows.numel());
  const Posterior real = posterior(set.moments.index_select(0, rows.slice(0, 0, count)));
  const Tensor noise = at::randn(real.mean.sizes(), generator_for(0, 0));
  const Statistics data = statistics_of(to_unet(set.scale, real.sample(noise)));
  for (int i = 3; i < argc; ++i) {
    Json line = drift(statistics_of(drawn_latents(argv[i], set, count)), data);
    line["model"] = argv[i];
    std::cout << line.dump() << std::endl;
  }
}
