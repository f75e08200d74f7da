// Training by several processes: every stage gets the weights of one process, and goes on with another number of them.
#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/trainer/together.h"
#include "tests/trainer/toy_shards.h"
#include "trainer/autoencoder.h"
#include "trainer/distil.h"
#include "trainer/relu.h"
#include "trainer/score_distil.h"
#include "trainer/text_image.h"
#include "trainer/ufogen.h"

using namespace mds;
using Catch::Contains;

namespace {

using MakeStage = std::function<StagePtr(const LoopConfig&)>;

struct Training {
  LoopConfig loop{.iterations = 50, .batch = 4, .seed = 3};
  OptimizerConfig optimizer{.lr = 1e-3, .warmup = 5};
  std::string checkpoint{};  // gone on from and saved, if not empty
};

// The state after training by so many processes, as process 0 saves it.
TensorMap trained(int64_t processes, const MakeStage& make, const Training& training) {
  TensorMap state;
  toy::together(processes, [&](const RanksPtr& ranks) {
    LoopConfig config = training.loop;
    config.ranks = ranks;
    const StagePtr stage = make(config);
    Loop loop(*stage, config, training.optimizer);
    if (!training.checkpoint.empty()) loop.resume(training.checkpoint, "test");
    loop.run_to(config.iterations);
    loop.collect();
    if (!leads(ranks)) return;
    const std::string file = training.checkpoint.empty() ? toy::temporary("parallel.safetensors") : training.checkpoint;
    loop.save(file, "test");
    state = load_tensors(file).tensors;
  });
  return state;
}

// Relative L2 distance of all weights and averages together.
double distance(const TensorMap& x, const TensorMap& y) {
  REQUIRE(x.size() == y.size());
  double off = 0, all = 0;
  for (const auto& [name, tensor] : x) {
    if (!name.starts_with("weights.") && !name.starts_with("ema.")) continue;
    const Tensor wanted = tensor.to(at::kDouble);
    off += (y.at(name).to(at::kDouble) - wanted).square().sum().item<double>();
    all += wanted.square().sum().item<double>();
  }
  return std::sqrt(off / all);
}

bool same(const TensorMap& x, const TensorMap& y) {
  for (const auto& [name, tensor] : x)
    if (!at::equal(tensor, y.at(name))) return false;
  return x.size() == y.size();
}

Tensor pictures() { return at::randint(256, {8, 3, 24, 24}, generator_for(9, 0), at::kByte); }

struct Case {
  std::string name;
  MakeStage make;
};

std::vector<Case> cases(const LatentSet& set) {
  const std::string start = toy::model("parallel_model");
  return {
      {"base", [&set](const auto& loop) { return std::make_unique<BaseStage>(toy::unet(), BaseConfig{}, loop, set); }},
      {"relu",
       [&set, start](const auto& loop) {
         ReluConfig config;
         config.start = start;
         return std::make_unique<ReluStage>(config, loop, set);
       }},
      {"distil",
       [&set, start](const auto& loop) {
         DistilConfig config;
         config.teacher = start;
         config.original = 0;
         return std::make_unique<DistilStage>(config, loop, set);
       }},
      {"ufogen",
       [&set, start](const auto& loop) {
         UfogenConfig config;
         config.start = start;
         return std::make_unique<UfogenStage>(config, loop, set);
       }},
      {"score_distil",
       [&set, start](const auto& loop) {
         ScoreDistilConfig config;
         config.teacher = config.start = start;
         config.fake.steps = 2;
         config.most_drift = 1e6;
         return std::make_unique<ScoreDistilStage>(config, loop, set);
       }},
      {"autoencoder",
       [](const auto& loop) {
         AutoencoderConfig config{.size = 24,
                                  .crop = 24,
                                  .latent_channels = 2,
                                  .widths = {8, 8},
                                  .encoder_blocks = 1,
                                  .decoder_blocks = 1,
                                  .mid_blocks = 0};
         return std::make_unique<AutoencoderStage>(config, loop, pictures());
       }},
  };
}

}  // namespace

TEST_CASE("1, 2 and 4 processes train every stage to the same bits, of the same passes", "[trainer][torch][parallel]") {
  const LatentSet set = toy::latents();
  for (const auto& [name, make] : cases(set)) {
    CAPTURE(name);
    Training training;
    training.loop.micro_batch = 1;
    const TensorMap alone = trained(1, make, training);
    CHECK(same(trained(2, make, training), alone));
    CHECK(same(trained(4, make, training), alone));
  }
}

TEST_CASE("processes that read their own examples from shards train to the bits of one", "[trainer][torch][parallel]") {
  const LatentShards shards(toy::shards(toy::temporary("parallel_latents"), toy::latents(), 5));
  Training training;
  training.loop.iterations = 10;
  training.loop.micro_batch = 1;
  const MakeStage make = [&](const LoopConfig& loop) {
    return std::make_unique<BaseStage>(toy::unet(), BaseConfig{}, loop, shards);
  };
  CHECK(same(trained(2, make, training), trained(1, make, training)));
}

TEST_CASE("processes that divide a batch train to what one makes of the whole", "[trainer][torch][parallel]") {
  const LatentSet set = toy::latents();
  for (const auto& [name, make] : cases(set)) {
    CAPTURE(name);
    // With AdamW's usual epsilon, a gradient that is 0 but for its rounding would move its weight as far as any other.
    Training training;
    training.optimizer.epsilon = 1e-3;
    const TensorMap alone = trained(1, make, training);
    for (const int64_t processes : {2, 4}) {
      const double off = distance(alone, trained(processes, make, training));
      CAPTURE(processes, off);
      CHECK(off < (name == "relu" ? 1e-4 : 1e-6));  // whose gradient jumps where rounding moves a score across 0
    }
  }
}

TEST_CASE("an augmentation adapts to the signs of all processes, and goes on with other numbers of them",
          "[trainer][torch][parallel]") {
  const LatentSet set = toy::latents();
  const std::string start = toy::model("parallel_adapting");
  const ContestConfig contest{.r1 = {.weight = 0.1, .every = 2},
                              .augment = {.probability = 0.5, .adaptive = true, .target = 0, .rise = 500}};
  const RealConfig teacher{.real = RealKind::teacher, .teacher = start, .teacher_steps = 1};
  const MakeStage ufogen = [&](const LoopConfig& loop) {
    UfogenConfig config;
    config.start = start;
    config.real = teacher;
    config.adversary.every = 1;
    config.adversary.contest = contest;
    return std::make_unique<UfogenStage>(config, loop, set);
  };
  const MakeStage dmd = [&](const LoopConfig& loop) {
    ScoreDistilConfig config;
    config.teacher = config.start = start;
    config.method = ScoreMethod::dmd;
    config.gan = {.weight = 0.01, .real = {}, .contest = contest};
    config.most_drift = 1e6;
    return std::make_unique<ScoreDistilStage>(config, loop, set);
  };
  const MakeStage& make = GENERATE_REF(ufogen, dmd);
  Training training;
  training.loop.iterations = 10;
  training.loop.micro_batch = 1;
  const TensorMap alone = trained(1, make, training);
  CHECK(alone.at("adversary.stage.augment.probability").item<double>() != 0.5);
  CHECK(same(trained(4, make, training), alone));
  training.checkpoint = toy::temporary("adapting.safetensors");
  std::filesystem::remove(training.checkpoint);
  training.loop.iterations = 6;
  trained(2, make, training);
  training.loop.iterations = 10;
  CHECK(same(trained(1, make, training), alone));
}

TEST_CASE("losses of the whole batch ask the other processes", "[trainer][torch][parallel]") {
  const LatentSet set = toy::latents();
  const std::string start = toy::model("parallel_whole");
  Training training;
  training.loop.iterations = 5;
  training.optimizer.epsilon = 1e-2;
  const MakeStage distil = [&](const LoopConfig& loop) {
    DistilConfig config;
    config.teacher = start;
    config.original = 0.5;
    return std::make_unique<DistilStage>(config, loop, set);
  };
  CHECK(distance(trained(1, distil, training), trained(2, distil, training)) < 1e-6);
  const MakeStage adversarial = [&](const LoopConfig& loop) {
    AutoencoderConfig config{.size = 24,
                             .crop = 24,
                             .latent_channels = 2,
                             .widths = {8, 8},
                             .encoder_blocks = 1,
                             .decoder_blocks = 1,
                             .mid_blocks = 0};
    config.discriminator = {.weight = 0.5, .width = 8, .after = 2};
    return std::make_unique<AutoencoderStage>(config, loop, pictures());
  };
  CHECK(distance(trained(1, adversarial, training), trained(2, adversarial, training)) < 1e-6);
}

TEST_CASE("an optimizer that is shared out changes no bit", "[trainer][torch][parallel]") {
  const LatentSet set = toy::latents();
  const std::string start = toy::model("parallel_shards");
  const MakeStage make = [&](const LoopConfig& loop) {
    UfogenConfig config;
    config.start = start;
    return std::make_unique<UfogenStage>(config, loop, set);
  };
  Training training;
  training.loop.iterations = 10;
  const TensorMap held = trained(2, make, training);
  training.loop.shard_optimizer = true;
  CHECK(same(trained(2, make, training), held));
}

TEST_CASE("a checkpoint of two processes goes on with one and with four", "[trainer][torch][parallel]") {
  const LatentSet set = toy::latents();
  const MakeStage make = [&](const LoopConfig& loop) {
    return std::make_unique<BaseStage>(toy::unet(), BaseConfig{}, loop, set);
  };
  const bool sharded = GENERATE(false, true);
  Training whole;
  whole.loop.micro_batch = 1;
  whole.loop.iterations = 12;
  const TensorMap wanted = trained(1, make, whole);
  Training training = whole;
  training.loop.shard_optimizer = sharded;
  training.checkpoint = toy::temporary("goes_on.safetensors");
  std::filesystem::remove(training.checkpoint);
  for (const auto& [processes, until] : {std::pair{2, 4}, {1, 8}, {4, 12}}) {
    training.loop.iterations = until;
    trained(processes, make, training);
  }
  CHECK(same(load_tensors(training.checkpoint).tensors, wanted));
}

TEST_CASE("a loss that is not finite ends all processes with the place", "[trainer][torch][parallel]") {
  LatentSet set = toy::latents();
  set.moments.slice(0, 0, 10).fill_(NAN);
  const MakeStage make = [&](const LoopConfig& loop) {
    return std::make_unique<BaseStage>(toy::unet(), BaseConfig{}, loop, set);
  };
  CHECK_THROWS_WITH(trained(2, make, {}), Contains("iteration 0: the loss is not finite; first at"));
}

TEST_CASE("processes that cannot share a batch evenly are refused", "[trainer][torch][parallel]") {
  const LatentSet set = toy::latents();
  const MakeStage make = [&](const LoopConfig& loop) {
    return std::make_unique<BaseStage>(toy::unet(), BaseConfig{}, loop, set);
  };
  Training training;
  training.loop.batch = 3;
  CHECK_THROWS_WITH(trained(2, make, training), Contains("loop.batch is 3; allowed with 2 processes: multiples of 2"));
  training.loop.batch = 4;
  training.loop.micro_batch = 4;
  CHECK_THROWS_WITH(trained(2, make, training), Contains("0, or a divisor of their share of loop.batch, 2"));
}
