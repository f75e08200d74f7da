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
#include "trainer/latent_statistics.h"
#include "trainer/latents.h"
#include "trainer/stage.h"

using namespace mds;

namespace {

constexpr int64_t rings = 4;

struct Statistics {
  LatentStatistics channels;
  Tensor power;
};

Statistics of(const Tensor& latents_NCHW) { return {statistics_of(latents_NCHW), power_by_ring(latents_NCHW, rings)}; }

Json drift(const Statistics& drawn, const Statistics& data) {
  const Tensor off = (drawn.channels.mean - data.channels.mean) / data.channels.std;
  const Tensor ratio = (drawn.channels.std / data.channels.std).log();
  const auto number = [](const Tensor& tensor) { return tensor.item<double>(); };
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
  const Statistics data = of(to_unet(set.scale, real.sample(noise)));
  for (int i = 3; i < argc; ++i) {
    Json line = drift(of(drawn_latents(argv[i], set, count)), data);
    line["model"] = argv[i];
    std::cout << line.dump() << std::endl;
  }
}
