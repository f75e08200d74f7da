// The relu finetune: how each way of swapping begins and ends.
#include "trainer/relu.h"

#include <ATen/ATen.h>

#include "tests/catch.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

ReluConfig swapping(Swap swap, const std::string& start) {
  ReluConfig config;
  config.start = start;
  config.swap = swap;
  config.blend_iterations = 4;
  return config;
}

double loss_at(Stage& stage, int64_t iteration) { return toy::loss_at(stage, iteration).item<double>(); }

}  // namespace

TEST_CASE("relu takes softmax's place in every attention, and a network of relu is refused", "[trainer]") {
  const UNetSpec relu = with_relu(toy::unet(), "here");
  CHECK(relu.levels[0].stack.attention == AttentionFunction::relu);
  CHECK_THROWS_WITH(with_relu(relu, "here"), Contains("here/model.json") && Contains("relu already"));
}

TEST_CASE("a blended swap begins with the softmax network's loss and ends with the hard swap's", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const std::string start = toy::model("softmax");
  BaseStage softmax(load_part(start, "unet", make_plan(toy::unet())), {}, {}, set);
  ReluStage blend(swapping(Swap::blend, start), {}, set), hard(swapping(Swap::hard, start), {}, set);
  CHECK(loss_at(blend, 0) == Approx(loss_at(softmax, 0)).epsilon(1e-6));
  CHECK(loss_at(blend, 4) == Approx(loss_at(hard, 4)).epsilon(1e-6));
  CHECK(loss_at(hard, 0) != Approx(loss_at(softmax, 0)).epsilon(1e-6));
}

TEST_CASE("a blend that would not end is refused, as the network with relu alone is saved", "[trainer][torch]") {
  CHECK_THROWS_WITH(
      ReluStage(swapping(Swap::blend, toy::model("softmax")), {.iterations = 4}, toy::latents()),
      "stage.blend_iterations is 4; allowed with swap \"blend\": less than loop.iterations, 4, so that relu "
      "alone is trained at last");
}

TEST_CASE("gains fold into the output projection without a change of what the network computes", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  ReluStage gained(swapping(Swap::gain, toy::model("softmax")), {}, set);
  const auto weights = gained.weights();
  CHECK(std::count_if(weights.begin(), weights.end(), [](const auto& w) { return w.first.ends_with("log_gain"); }) ==
        4);

  const auto folded = make_network(make_plan(*gained.card().model.unet));
  load_weights(*folded, with_folded_gains(weights), "folded");
  BaseStage plain(folded, {}, {}, set);
  CHECK(loss_at(plain, 0) == Approx(loss_at(gained, 0)).epsilon(1e-5));
  ReluStage hard(swapping(Swap::hard, toy::model("softmax")), {}, set);
  CHECK(loss_at(plain, 0) != Approx(loss_at(hard, 0)).epsilon(1e-6));
}

TEST_CASE("gains are trained with the other weights", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig loop{.iterations = 3, .batch = 4};
  ReluStage stage(swapping(Swap::gain, toy::model("softmax")), loop, set);
  TensorMap before;
  for (const auto& [name, weight] : stage.weights()) before[name] = weight.detach().clone();
  Loop(stage, loop, {.lr = 1e-2, .warmup = 0}).run_to(3);
  for (const auto& [name, weight] : stage.weights()) {
    INFO(name);
    CHECK(!at::equal(weight, before.at(name)));
  }
}

TEST_CASE("a relu network that learns from the softmax network has no loss while softmax is whole",
          "[trainer][torch]") {
  const LatentSet set = toy::latents();
  ReluConfig config = swapping(Swap::blend, toy::model("softmax"));
  config.target = ReluTarget::start;
  ReluStage blend(config, {}, set);
  CHECK(loss_at(blend, 0) < 1e-10);
  CHECK(loss_at(blend, 2) > 1e-6);

  config.swap = Swap::hard;
  const LoopConfig loop{.iterations = 150, .batch = 8};
  ReluStage hard(config, loop, set);
  const double before = loss_at(hard, 0);
  Loop(hard, loop, {.lr = 5e-4, .warmup = 0}).run_to(loop.iterations);
  CHECK(loss_at(hard, 0) < 0.7 * before);
}
