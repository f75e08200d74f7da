// Accumulated gradients: a batch in parts gives the gradients of the whole, and losses that cannot be split refuse.
#include <ATen/ATen.h>
#include <torch/types.h>

#include "tests/catch.h"
#include "tests/trainer/toy.h"
#include "trainer/autoencoder.h"
#include "trainer/distil.h"
#include "trainer/relu.h"
#include "trainer/text_image.h"
#include "trainer/ufogen.h"

using namespace mds;
using Catch::Contains;

namespace {

const LoopConfig whole{.batch = 8, .seed = 3};

Tensor gradients_of(Stage& stage, int64_t examples_a_pass, StepGraphPtr graph = nullptr) {
  LoopConfig loop = whole;
  loop.micro_batch = examples_a_pass;
  return toy::gradients_of(stage, loop, std::move(graph));
}

double relative_error(const Tensor& x, const Tensor& wanted) {
  return ((x - wanted).norm() / wanted.norm()).item<double>();
}

// Gradients that are differences of nearly equal numbers, such as a discriminator's, have fewer exact digits.
void check_parts(Stage& stage, double tolerance = 1e-6) {
  const Tensor at_once = gradients_of(stage, 8);
  REQUIRE(at_once.norm().item<double>() > 0);
  for (const int64_t examples : {1, 2, 4}) {
    const Tensor in_parts = gradients_of(stage, examples);
    CHECK(in_parts.numel() == at_once.numel());
    CHECK(relative_error(in_parts, at_once) < tolerance);
  }
}

// Replays like a GPU: into its own gradients, which the next replay overwrites.
class ReplayedGraph final : public StepGraph {
 public:
  explicit ReplayedGraph(std::vector<Tensor> weights) : weights_(std::move(weights)) {}
  Tensor run(const Batch& batch, const Step& step) override {
    const Tensor loss = step(batch);
    for (size_t i = 0; i < weights_.size(); ++i) {
      if (gradients_.size() == i) gradients_.push_back(at::empty_like(weights_[i].grad()));
      gradients_[i].copy_(weights_[i].grad());
      weights_[i].mutable_grad() = gradients_[i];
    }
    return loss;
  }

 private:
  std::vector<Tensor> weights_, gradients_;
};

}  // namespace

TEST_CASE("base training's gradients of a batch in parts are those of the whole", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  BaseConfig config = toy::predicting(GENERATE(Prediction::epsilon, Prediction::v));
  config.weight = GENERATE(LossWeight::plain, LossWeight::min_snr);
  BaseStage stage(toy::unet(), config, whole, set);
  check_parts(stage);
}

TEST_CASE("the relu blend's gradients of a batch in parts are those of the whole", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  ReluConfig config;
  config.start = toy::model("parts_softmax");
  config.swap = GENERATE(Swap::blend, Swap::gain);
  config.blend_iterations = 10;
  ReluStage stage(config, whole, set);
  check_parts(stage, 3e-4);  // a score that rounds across relu's threshold makes a jump
}

TEST_CASE("a distillation's gradients of a batch in parts are those of the whole, guided or not", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  DistilConfig config;
  config.teacher = toy::model("parts_teacher");
  config.start = toy::model("parts_student");
  TensorMap weights = load_tensors(config.start + "/unet.safetensors").tensors;
  for (auto& [name, weight] : weights) weight = -weight;  // moves it far from its teacher
  save_part(config.start, "unet", weights, at::kFloat);
  config.guidance.probability = GENERATE(0, 1);
  config.original = 0;
  DistilStage stage(config, whole, set);
  check_parts(stage, 3e-5);  // w of up to 14 multiplies the rounding
}

TEST_CASE("both players' gradients of a batch in parts are those of the whole", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  UfogenConfig config;
  config.start = toy::model("parts_generator");
  config.adversary.discriminator = GENERATE(DiscriminatorKind::unet, DiscriminatorKind::heads);
  UfogenStage stage(config, whole, set);
  check_parts(*stage.adversary()->stage, 3e-5);
  check_parts(stage, 3e-6);
}

TEST_CASE("an autoencoder's gradients of a batch in parts are those of the whole", "[trainer][torch]") {
  const AutoencoderConfig config{.size = 16,
                                 .crop = 16,
                                 .latent_channels = 2,
                                 .widths = {8, 8},
                                 .encoder_blocks = 1,
                                 .decoder_blocks = 1,
                                 .mid_blocks = 0};
  const Tensor pictures = (at::rand({8, 3, 16, 16}, generator_for(1, 0)) * 255).to(at::kByte);
  AutoencoderStage stage(config, whole, pictures);
  check_parts(stage);
}

TEST_CASE("replayed parts add up although each replay overwrites the last one's gradients", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  BaseStage stage(toy::unet(), {}, whole, set);
  const Tensor at_once = gradients_of(stage, 8);
  for (const int64_t examples : {2, 8}) {
    std::vector<Tensor> weights;
    for (const auto& [name, weight] : stage.weights()) weights.push_back(weight);
    CHECK(relative_error(gradients_of(stage, examples, std::make_unique<ReplayedGraph>(weights)), at_once) < 1e-6);
  }
}

TEST_CASE("a micro-batch that does not divide the batch is refused", "[trainer][torch]") {
  const LatentSet set = toy::latents();
  const LoopConfig loop{.batch = 8, .micro_batch = GENERATE(3, 16)};
  BaseStage stage(toy::unet(), {}, loop, set);
  CHECK_THROWS_AS(Loop(stage, loop, {}), ConfigError);
  CHECK_THROWS_WITH(Loop(stage, loop, {}), Contains("loop.micro_batch is " + std::to_string(loop.micro_batch) +
                                                    "; allowed: 0, or a divisor of loop.batch, 8"));
}

TEST_CASE("losses over a whole batch refuse to be trained in parts and say why", "[trainer][torch]") {
  const LoopConfig parts{.batch = 8, .micro_batch = 4}, one_part{.batch = 8, .micro_batch = 8};
  SECTION("contrastive") {
    TextImageConfig config{.size = 16, .merges = 0};
    config.text = {.vocabulary = 514, .tokens = 4, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 8};
    config.image = {.size = 16, .patch = 8, .width = 16, .layers = 1, .heads = 2, .mlp = 32, .projection = 8};
    TextImageStage stage(config, parts, at::zeros({8, 3, 16, 16}, at::kByte),
                         {at::zeros({8, 4}, at::kLong), at::zeros({8}, at::kLong)});
    CHECK_THROWS_WITH(Loop(stage, parts, {}), Contains("loop.micro_batch is 4; allowed: 0") && Contains("contrastive"));
    CHECK_NOTHROW(Loop(stage, one_part, {}));
  }
  SECTION("distillation with a share of the original loss") {
    const LatentSet set = toy::latents();
    DistilConfig config;
    config.teacher = toy::model("parts_refused");
    DistilStage stage(config, parts, set);
    CHECK_THROWS_WITH(Loop(stage, parts, {}), Contains("loop.micro_batch is 4") && Contains("stage.original"));
  }
}
