// What a stage of the chain writes into its model folder besides the weights.
#include "experiments/training/stages.h"
#include "pipeline/sampler.h"
#include "tests/experiments/toy_files.h"

using namespace mds;

namespace {

struct ToyChain : ToyFiles {
  // A stage on the toy data that starts from `start`.
  template <class Config>
  TrainConfig stage(const std::string& start) const {
    Config config;
    config.start = start;
    config.data.latents = file("latents.safetensors");
    config.data.encoders = encoders();
    TrainConfig train;
    train.stage = config;
    train.evaluation = EvaluationConfig{.pictures = 6, .sampler = {.steps = 2, .guidance = 2}};
    return train;
  }

  // The card of a training that would end with these weights.
  ModelCard finished(const TrainConfig& config, const std::function<void(Tensor&)>& change = {}) const {
    Listener silent;
    const auto run = open_stage(config, "", silent);
    torch::NoGradGuard no_grad;
    TensorMap trained;
    for (const auto& [name, weight] : run->stage().weights()) {
      if (change) change(const_cast<Tensor&>(weight));  // in place, as training does
      trained[name] = weight;
    }
    run->finish(trained, file("model"), {});
    return load_card(file("model"));
  }
};

const std::vector<std::string> scored{"fd_emoji_clip", "fd_emoji_clip_train", "clip_emoji"};

// The three scores of the model itself, without those stored beside them.
Json own(const Json& scores) {
  Json kept;
  for (const auto& name : scored) kept[name] = scores.at(name);
  return kept;
}

}  // namespace

TEST_CASE("a relu finetune is scored beside softmax and the network right after the swap", "[app][torch]") {
  const ToyChain chain;
  TrainConfig config = chain.stage<ReluConfig>(toy::model("softmax"));
  std::get<ReluConfig>(config.stage).swap = GENERATE(Swap::hard, Swap::gain, Swap::blend);
  std::get<ReluConfig>(config.stage).blend_iterations = 10;
  const Json untrained = chain.finished(config).provenance.scores;
  CHECK(own(untrained) == own(untrained["swapped"]));
  CHECK(own(untrained) != own(untrained["before"]));
  const Json trained = chain.finished(config, [](Tensor& weight) { weight.mul_(1.1); }).provenance.scores;
  CHECK(own(trained["before"]) == own(untrained["before"]));
  CHECK(own(trained["swapped"]) == own(untrained["swapped"]));
  CHECK(own(trained) != own(untrained));
}

TEST_CASE("a stage that keeps the network is scored beside the model that it started from", "[app][torch]") {
  const ToyChain chain;
  const TrainConfig config = chain.stage<UfogenConfig>(toy::model("start"));
  const Json scores = chain.finished(config).provenance.scores;
  CHECK(own(scores) == own(scores["before"]));
  CHECK(!scores.contains("swapped"));
  TrainConfig unscored = config;
  unscored.evaluation.reset();
  CHECK(chain.finished(unscored).provenance.scores.empty());
}

TEST_CASE("a model draws with the guidance it was scored with, and a one-step model without", "[app][torch]") {
  const ToyChain chain;
  const std::string start = toy::model("start");
  CHECK(chain.finished(chain.stage<BaseConfig>(start)).sampler.guidance == 2);
  CHECK(chain.finished(chain.stage<ReluConfig>(start)).sampler.guidance == 2);
  CHECK(chain.finished(chain.stage<UfogenConfig>(start)).sampler.guidance == 1);
  TrainConfig unscored = chain.stage<BaseConfig>(start);
  unscored.evaluation.reset();
  CHECK(chain.finished(unscored).sampler.guidance == ModelCard{}.sampler.guidance);
}

TEST_CASE("a one-step model's card has its sampler and the signal-to-noise ratios of its delta", "[app][torch]") {
  const ToyChain chain;
  const ModelCard card = chain.finished(chain.stage<UfogenConfig>(toy::model("start")));
  CHECK(card.sampler == SamplerConfig{.steps = 1, .guidance = 1, .sampler = Sampler::ufogen});
  CHECK(card.provenance.derived["snr_at_999"].get<double>() == Approx(0.00468192).epsilon(1e-5));
  CHECK(card.provenance.derived["snr_at_749"].get<double>() == Approx(0.0600222).epsilon(1e-5));
}
