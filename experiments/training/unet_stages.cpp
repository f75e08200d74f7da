// Opens stages; of those that train a UNet on cached latents, from the data to the scored model folder.
#include <filesystem>
#include <optional>
#include <sstream>

#include "experiments/training/latent_cache.h"
#include "experiments/training/picture_parts.h"
#include "experiments/training/stages.h"
#include "trainer/evaluate.h"

namespace mds {
namespace {

constexpr int64_t sampled_pictures = 16;

// Where stored names are looked up, and who is told of what was found.
struct Surroundings {
  const std::string& database;
  Listener& listener;
};

// Copies of weights from before training, which changes them in place.
TensorMap copied(const TensorMap& weights) {
  TensorMap copies;
  for (const auto& [name, weight] : weights) copies[name] = weight.detach().cpu().clone();
  return copies;
}

Diffusion diffusion_of(const ModelCard& card) { return {NoiseSchedule(*card.schedule), card.prediction}; }

// The scores as a card stores them; the listener is told of them too.
Json tell(Listener& listener, const std::string& which, const std::vector<Score>& scores) {
  Json stored;
  for (const auto& score : scores) {
    stored[score.name] = score.value;
    stored[score.name + "_interval"] = {score.low, score.high};
    std::ostringstream line;
    line << which << ": " << score.name << " " << score.value << " [" << score.low << ", " << score.high << "]";
    listener.say(line.str());
  }
  return stored;
}

template <class Config>
LatentSourcePtr latents_of(const TrainConfig& train, const Config& config, Listener& listener) {
  const Placement& placement = train.loop.placement;
  const bool draws = train.evaluation || train.sample_every > 0;
  auto latents = open_latents({config.data, draws ? least_held_out : 0, placement}, listener);
  if constexpr (requires { config.captions; })
    if (!config.captions.empty())
      return with_captions(std::move(latents), encoded_captions(config.captions, config.data.encoders, placement),
                           config.captions);
  return latents;
}

class UNetRun final : public StageRun {
 public:
  template <class Config>
  UNetRun(const TrainConfig& train, const Config& config, const Surroundings& around)
      : listener_(around.listener),
        source_(config.data.latents),
        encoders_(config.data.encoders),
        evaluation_(train.evaluation),
        placement_(train.loop.placement),
        latents_(latents_of(train, config, listener_)),
        stage_(make_stage(config, StageInputs{train.loop, *latents_, around.database})),
        card_(stage_->card()) {
    listener_.say_if_any(card_.note);
    check_encoders(*latents_, encoders_);
    std::vector<std::string> folders;
    for (const auto& [field, folder] : card_.predecessors) {
      predecessors_[field] = model_hash(folder);
      folders.push_back(folder);
    }
    license_ = inherited_license(*latents_, encoders_, folders);
    if (evaluation_) card_.model.sampler.guidance = evaluation_->sampler.guidance;
    if (card_.guidance_absorbed) card_.model.sampler.guidance = 1;
    if (!evaluation_ && train.sample_every == 0) return;
    check_drawing();
    if (evaluation_ && card_.predecessors.contains("start")) keep_start(card_.predecessors.at("start"));
  }
  Stage& stage() override { return *stage_; }
  std::string data_hash() const override { return latents_->hash; }
  std::map<std::string, std::string> predecessors() const override { return predecessors_; }

  void sample(const TensorMap& trained, const std::string& file) const override {
    EvaluationConfig few = drawing();
    few.pictures = sampled_pictures;
    const Evaluator evaluator(*latents_, encoders_, few, placement_);
    save_grid(file, evaluator.draw(*built(with_folded_gains(trained)), diffusion()).pictures);
  }

  NetworkSpec network() const override { return *card_.model.unet; }

  std::vector<Score> finish(const TensorMap& trained, const std::string& folder, Provenance provenance) override {
    const TensorMap weights = with_folded_gains(trained);
    provenance.data = {source_};
    provenance.license = license_;
    const Provenance& began = card_.model.provenance;
    provenance.derived = began.derived;
    provenance.candidate = began.candidate;
    provenance.network = began.network;
    provenance.sweep = began.sweep;
    if (predecessors_.contains("start")) provenance.predecessor = predecessors_.at("start");
    std::vector<Score> scores;
    if (evaluation_) scores = this->scores(weights, folder, provenance.scores);
    ModelCard card = card_.model;
    card.provenance = std::move(provenance);
    save_generator(folder, {card, weights}, *latents_, encoders_);
    return scores;
  }

 private:
  Diffusion diffusion() const { return diffusion_of(card_.model); }

  // How pictures are drawn during training: as for scoring, or else with the steps and guidance of the model.
  EvaluationConfig drawing() const {
    if (evaluation_) return *evaluation_;
    EvaluationConfig config;
    config.sampler.steps = card_.model.sampler.steps;
    config.sampler.guidance = card_.model.sampler.guidance;
    return config;
  }

  // Finds errors of drawing before the first iteration rather than after the last one.
  void check_drawing() const {
    try {
      check(diffusion(), drawing().sampler);
    } catch (const ConfigError& error) {
      throw ConfigError(std::string("evaluation.") + error.what());
    }
    const Evaluator possible(*latents_, encoders_, drawing(), placement_);
  }

  void keep_start(const std::string& folder) {
    start_ = load_card(folder, {"unet", "schedule"});
    set_extent(*start_->unet, extent_of(*card_.model.unet));  // weights do not depend on the size
    if (*start_->unet != *card_.model.unet) swapped_ = with_folded_gains(copied(stage_->weights()));
  }

  NetworkPtr built(const TensorMap& weights) const {
    auto unet = make_network(make_plan(*card_.model.unet), placement_);
    load_weights(*unet, weights, "moving average");
    unet->prepare(placement_.kernels);
    return unet;
  }

  // Scores of the trained network. The card also gets scores for the same captions, noise and sampler: under "before"
  // those of the model that the stage started from, and, where the stage changed the network itself, under "swapped"
  // those of the changed network before training.
  std::vector<Score> scores(const TensorMap& weights, const std::string& folder, Json& stored) const {
    const Evaluator evaluator(*latents_, encoders_, *evaluation_, placement_);
    if (start_) {
      const auto unet = load_part(card_.predecessors.at("start"), "unet", make_plan(*start_->unet), placement_);
      unet->prepare(placement_.kernels);
      stored["before"] =
          tell(listener_, "before the stage", evaluator.scores(evaluator.draw(*unet, diffusion_of(*start_))));
    }
    if (swapped_)
      stored["swapped"] =
          tell(listener_, "right after the swap", evaluator.scores(evaluator.draw(*built(*swapped_), diffusion())));
    const Drawn own = evaluator.draw(*built(weights), diffusion());
    std::filesystem::create_directories(folder);
    save_grid(folder + "/samples.png", own.pictures.slice(0, 0, 64));
    const std::vector<Score> scores = evaluator.scores(own);
    stored.update(tell(listener_, "trained", scores));
    return scores;
  }

  Listener& listener_;
  std::string source_;
  EncoderFolders encoders_;
  std::optional<EvaluationConfig> evaluation_;
  Placement placement_;
  LatentSourcePtr latents_;
  StagePtr stage_;
  StageCard card_;
  std::map<std::string, std::string> predecessors_;  // hashes from the time their weights were read
  std::string license_;
  std::optional<ModelCard> start_;    // of the model the stage started from
  std::optional<TensorMap> swapped_;  // the weights before training, if the stage changed the network
};

}  // namespace

std::unique_ptr<StageRun> open_stage(const TrainConfig& config, const std::string& database, Listener& listener) {
  return std::visit(
      [&]<class Config>(const Config& stage) -> std::unique_ptr<StageRun> {
        if constexpr (std::same_as<Config, TuneConfig>)
          return open_tune_stage(config, stage, listener);
        else if constexpr (UNetStageConfig<Config>)
          return std::make_unique<UNetRun>(config, stage, Surroundings{database, listener});
        else
          return open_picture_stage(stage, config.loop, listener);
      },
      config.stage);
}

}  // namespace mds
