// Adapters and ControlNets add to what a model draws, each picture by its own control.
#include "pipeline/adapter.h"

#include <ATen/ATen.h>

#include <filesystem>
#include <limits>

#include "pipeline/generator.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_model.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

struct Folders {
  std::string model = scratch("adapter_model").string(), adapter = scratch("adapter_adapter").string(),
              controlnet = scratch("adapter_controlnet").string();

  Folders() {
    save_tiny_model(model);
    const UNetSpec unet = *tiny_card().unet;
    for (const auto& folder : {adapter, controlnet}) std::filesystem::remove_all(folder);
    ModelCard one;
    one.adapter = adapter_for(unet, 1);
    save_card(adapter, one);
    save_random_part(adapter, "adapter", make_plan(*one.adapter), 5000);
    ModelCard other;
    other.controlnet = ControlNetSpec{unet};
    other.hint = hint_for(unet);
    save_card(controlnet, other);
    save_random_part(controlnet, "controlnet", make_plan(*other.controlnet), 6000);
    save_random_part(controlnet, "hint", make_plan(*other.hint), 7000);
  }
};

Tensor controls(int64_t count) { return seeded_noise({9}, {count, 3, 32, 32})[0].clamp(0, 1); }

std::vector<Tensor> drawn(const std::string& model, const std::vector<AdapterUse>& adapters, int64_t batch = 2) {
  const Generator generator(model);
  std::vector<Tensor> pictures(2);
  generator.draw({.prompts = {"red", "heart"}, .seeds = {5, 6}, .batch = batch, .adapters = adapters},
                 generator.defaults(), {.picture = [&](size_t i, const Tensor& picture) { pictures[i] = picture; }});
  return pictures;
}

}  // namespace

TEST_CASE("what is added with a scale of zero changes no byte", "[pipeline][torch]") {
  const Folders folders;
  const auto plain = drawn(folders.model, {});
  for (const auto& folder : {folders.adapter, folders.controlnet}) {
    const Tensor control = controls(1)[0].unsqueeze(0);
    const auto zero = drawn(folders.model, {{.folder = folder, .control_NCHW = control, .scale = 0}});
    const auto full = drawn(folders.model, {{.folder = folder, .control_NCHW = control}});
    for (size_t i = 0; i < 2; ++i) {
      CHECK(at::equal(zero[i], plain[i]));
      CHECK_FALSE(at::equal(full[i], plain[i]));
    }
  }
}

TEST_CASE("each picture has its own control, whatever is drawn beside it", "[pipeline][torch]") {
  const Folders folders;
  const Tensor both = controls(2);
  for (const auto& folder : {folders.adapter, folders.controlnet}) {
    const auto together = drawn(folders.model, {{.folder = folder, .control_NCHW = both}});
    const auto apart = drawn(folders.model, {{.folder = folder, .control_NCHW = both}}, /*batch=*/1);
    for (size_t i = 0; i < 2; ++i) {
      const Tensor own = both.slice(0, int64_t(i), int64_t(i) + 1);
      CHECK(at::equal(together[i], drawn(folders.model, {{.folder = folder, .control_NCHW = own}})[i]));
      CHECK(at::equal(together[i], apart[i]));
    }
  }
}

TEST_CASE("an adapter and a ControlNet work together, two adapters do not", "[pipeline][torch]") {
  const Folders folders;
  const AdapterUse adapter{.folder = folders.adapter, .control_NCHW = controls(1)};
  const AdapterUse controlnet{.folder = folders.controlnet, .control_NCHW = controls(1)};
  CHECK_FALSE(at::equal(drawn(folders.model, {adapter, controlnet})[0], drawn(folders.model, {adapter})[0]));
  CHECK_THROWS_WITH(drawn(folders.model, {adapter, adapter}),
                    Contains("adds to down1.0.attn, to which another adapter adds too"));
}

TEST_CASE("what fits no UNet, or is no adapter, is refused", "[pipeline][torch]") {
  const Folders folders;
  UNetSpec wide = *tiny_card().unet;
  wide.levels[0].width = 16;
  for (const auto& folder : {folders.adapter, folders.controlnet}) {
    CHECK_NOTHROW(check_adapter_folder(folder, *tiny_card().unet));
    CHECK_THROWS_WITH(check_adapter_folder(folder, wide), Contains(folder) && Contains("16x4x4"));
  }
  CHECK_THROWS_WITH(check_adapter_folder(folders.model, wide), Contains("holds none of both; needed: adapter, or"));
  for (const double scale : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_THROWS_WITH(drawn(folders.model, {{folders.adapter, controls(1), scale}}),
                      Contains("allowed: finite numbers"));
}
