#include "networks/efficientnet.h"

#include <array>

namespace mds {
namespace {

struct Stage {
  int64_t blocks;
  MobileBlock first;  // the stage's other blocks have the same kernel and expansion
};

constexpr std::array stages{Stage{1, {.out = 16, .kernel = 3, .stride = 1, .expansion = 1}},
                            Stage{2, {.out = 24, .kernel = 3, .stride = 2}},
                            Stage{2, {.out = 40, .kernel = 5, .stride = 2}},
                            Stage{3, {.out = 80, .kernel = 3, .stride = 2}},
                            Stage{3, {.out = 112, .kernel = 5, .stride = 1}},
                            Stage{4, {.out = 192, .kernel = 5, .stride = 2}},
                            Stage{1, {.out = 320, .kernel = 3, .stride = 1}}};

// ImageNet's mean and deviation, as multiples of 255.
const ChannelScale imagenet{.shift = {255 * 0.485, 255 * 0.456, 255 * 0.406},
                            .scale = {255 * 0.229, 255 * 0.224, 255 * 0.225}};

}  // namespace

Plan make_plan(const EfficientNetSpec& spec) {
  Chain chain(Shape::map(3, spec.size, spec.size));
  chain.add({"scale"}, imagenet);
  chain.add({"stem"}, MobileConvolution{.out = 32, .kernel = 3, .stride = 2});
  int64_t index = 0;
  for (const auto& [blocks, first] : stages)
    for (int64_t i = 0; i < blocks; ++i) {
      MobileBlock block = first;
      if (i > 0) block.stride = 1;
      chain.add({"blocks", 0, index++}, block);
    }
  chain.add({"head"}, MobileConvolution{.out = 1280, .kernel = 1});
  chain.add({"pool"}, SinglePool{.pool = PoolKind::average, .kernel = 0, .stride = 1}, "features");
  return chain.finish();
}

}  // namespace mds
