#include "networks/lpips.h"

#include <array>
#include <vector>

namespace mds {
namespace {

constexpr int levels = 5;

struct TrunkLevel {
  int64_t pool;  // kernel of the max pool before the convolution, stride 2; 0: none
  int64_t convolutions;
  ReluConvolution convolution;
};

using Trunk = std::array<TrunkLevel, levels>;

constexpr Trunk vgg{
    {{0, 2, {.out = 64}}, {2, 2, {.out = 128}}, {2, 3, {.out = 256}}, {2, 3, {.out = 512}}, {2, 3, {.out = 512}}}};

constexpr Trunk alex{{{0, 1, {.out = 64, .kernel = 11, .stride = 4, .border = 2}},
                      {3, 1, {.out = 192, .kernel = 5, .border = 2}},
                      {3, 1, {.out = 384}},
                      {0, 1, {.out = 256}},
                      {0, 1, {.out = 256}}}};

constexpr std::array<const char*, levels> outputs{"level1", "level2", "level3", "level4", "level5"};

}  // namespace

Plan make_plan(const LpipsSpec& spec) {
  Chain chain(Shape::map(3, spec.size, spec.width > 0 ? spec.width : spec.size));
  chain.add({"scale"}, ChannelScale{.shift = {-0.030, -0.088, -0.188}, .scale = {0.458, 0.448, 0.450}});
  const Trunk& trunk = spec.trunk == LpipsTrunk::vgg ? vgg : alex;
  for (int64_t i = 0; i < levels; ++i) {
    const auto& [pool, convolutions, convolution] = trunk[size_t(i)];
    if (pool > 0) chain.add({"pool", i + 1}, SinglePool{.pool = PoolKind::max, .kernel = pool, .stride = 2});
    for (int64_t j = 0; j < convolutions; ++j) chain.add({"conv", i + 1, convolutions > 1 ? j : -1}, convolution);
    chain.add_beside({"head", i + 1}, PerceptualHead{}, outputs[size_t(i)]);
  }
  return chain.finish();
}

}  // namespace mds
