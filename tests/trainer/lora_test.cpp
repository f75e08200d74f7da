// Low-rank updates beside a UNet's layers: without effect at first, and the same when they are merged from their file.
#include "trainer/lora.h"

#include "networks/freeze.h"
#include "tests/catch.h"
#include "tests/scratch_folder.h"
#include "tests/trainer/toy.h"

using namespace mds;
using Catch::Contains;

namespace {

NetworkPtr toy_unet() {
  const auto unet = make_network(make_plan(toy::unet()));
  initialise(*unet, 7);
  torch::NoGradGuard no_grad;
  for (auto& weight : unet->parameters()) weight += 0.1 * at::randn(weight.sizes(), generator_for(7, weight.numel()));
  freeze(*unet);
  return unet;
}

Tensor output_of(const Network& unet) {
  const Tensor x = seeded_noise({1, 2}, {2, 8, 8}), text = seeded_noise({3, 4}, {3, 6});
  Conditioning conditioning;
  conditioning.timesteps_N = at::tensor({30, 700}, at::kLong);
  conditioning.text_NSC = text;
  return unet.forward(x, conditioning);
}

}  // namespace

TEST_CASE("new updates change nothing, and trained ones count the same beside the layers and merged",
          "[trainer][torch]") {
  const LoraConfig config{.rank = 3, .alpha = GENERATE(0.0, 1.5), .layers = {"*"}};
  const auto unet = toy_unet(), other = toy_unet();
  const Tensor before = output_of(*unet);
  const LoraTraining training(*unet, unet->plan(), config, 5);
  CHECK(at::allclose(output_of(*unet), before, 1e-5, 1e-6));
  for (auto& [name, weight] : training.weights())
    if (name.ends_with("lora_B"))
      weight.detach().copy_(0.1 * at::randn(weight.sizes(), generator_for(9, weight.numel())));
  const Tensor beside = output_of(*unet).detach();
  CHECK_FALSE(at::allclose(beside, before, 1e-2, 1e-2));
  const ScratchFolder scratch;
  const std::string file = scratch.path + "/lora.safetensors";
  const LoraNames names({{"unet", unet->plan()}});
  save_lora(file, training.lora(training.weights()), names);
  const Loras loras{{.lora = read_lora(file, names)}};
  Merged merged(*other, loras, "unet");
  CHECK(at::allclose(output_of(*other), beside, 1e-4, 1e-5));
  merged.undo();
  CHECK(at::equal(output_of(*other), before));
}

TEST_CASE("gradients reach the updates alone", "[trainer][torch]") {
  const auto unet = toy_unet();
  const LoraTraining training(*unet, unet->plan(), {}, 5);
  output_of(*unet).square().mean().backward();
  for (const auto& [name, weight] : training.weights()) {
    INFO(name);
    CHECK(weight.grad().defined());
    if (name.ends_with("lora_B")) CHECK(weight.grad().abs().max().item<double>() > 0);
  }
  for (const auto& weight : unet->parameters()) CHECK_FALSE(weight.grad().defined());
}

TEST_CASE("patterns choose the layers that are updated", "[trainer][torch]") {
  const auto unet = toy_unet();
  const auto count = [&](const std::vector<std::string>& layers) {
    return LoraTraining(*unet, unet->plan(), {.layers = layers}, 5).weights().size() / 2;
  };
  CHECK(count({"conv_in"}) == 1);
  CHECK(count({"*.ca.q"}) == 2);
  CHECK(count({"*.ca.q", "*.ca.*", "conv_in"}) == 9);  // q, k, v and out of two
  CHECK_THROWS_WITH(count({"*.ca.q", "*.dw"}),
                    Contains("stage.lora.layers has \"*.dw\"") && Contains("allowed: paths"));
  CHECK_THROWS_AS(count({}), ConfigError);
}

TEST_CASE("a seed gives the same updates", "[trainer][torch]") {
  const auto of = [](uint64_t seed) {
    const auto unet = toy_unet();
    return LoraTraining(*unet, unet->plan(), {}, seed).weights().begin()->second;
  };
  CHECK(at::equal(of(3), of(3)));
  CHECK_FALSE(at::equal(of(3), of(4)));
}
