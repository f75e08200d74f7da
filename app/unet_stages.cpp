// The stages that train a UNet on cached latents: base, relu, distil, ufogen.
#include <filesystem>
#include <iostream>

#include "app/latent_cache.h"
#include "app/picture_side.h"
#include "app/stages.h"
#include "trainer/evaluate.h"

namespace mds {
namespace {

constexpr int64_t sampled_pictures = 16;

// A stage with what its network is afterwards.
struct OpenStage {
  std::unique_ptr<Stage> stage;
  ModelCard card;                                   // unet, prediction, schedule, steps, guidance
  std::map<std::string, std::string> predecessors;  // model folders by the field that names them
};

// What a network is that goes on from another as that was.
OpenStage after(const Predecessor& start) {
  OpenStage open;
  open.card.unet = start.card.unet;
  open.card.prediction = start.card.prediction;
  open.card.schedule = start.card.schedule;
  open.card.steps = start.card.steps;
  open.card.guidance = guidance_of(start.card);
  open.predecessors["start"] = start.folder;
  return open;
}

OpenStage opened(const BaseConfig& config, const LoopConfig& loop, const LatentSet& latents) {
  OpenStage open;
  if (config.start.empty()) {
    open.card.unet = proxy_of(load_unet(config.unet), config.width_divisor, latents);
    open.stage = std::make_unique<BaseStage>(*open.card.unet, config, loop, latents);
  } else {
    const Predecessor start = open_predecessor_of_any_size(config.start, latents);
    open = after(start);
    open.stage = std::make_unique<BaseStage>(start.unet(), config, loop, latents);
  }
  open.card.prediction = config.prediction;
  open.card.schedule = config.schedule;
  return open;
}

// A stage that goes on from a model folder.
template <class StageOf>
OpenStage gone_on(const auto& config, const LoopConfig& loop, const LatentSet& latents) {
  auto stage = std::make_unique<StageOf>(config, loop, latents);
  OpenStage open = after(stage->start());
  open.stage = std::move(stage);
  return open;
}

OpenStage opened(const ReluConfig& config, const LoopConfig& loop, const LatentSet& latents) {
  OpenStage open = gone_on<ReluStage>(config, loop, latents);
  open.card.unet = with_relu(*open.card.unet, config.start);
  return open;
}

OpenStage opened(const DistilConfig& config, const LoopConfig& loop, const LatentSet& latents) {
  OpenStage open = gone_on<DistilStage>(config, loop, latents);
  open.predecessors["teacher"] = config.teacher;
  open.card.steps = config.steps;
  if (config.guidance.absorbed) open.card.guidance = 1;
  return open;
}

OpenStage opened(const UfogenConfig& config, const LoopConfig& loop, const LatentSet& latents) {
  OpenStage open = gone_on<UfogenStage>(config, loop, latents);
  open.card.steps = 1;
  open.card.guidance = 1;
  return open;
}

class UNetRun final : public StageRun {
 public:
  template <class Config>
  UNetRun(const TrainConfig& train, const Config& config)
      : source_(config.latents),
        encoders_(config.encoders),
        evaluation_(train.evaluation),
        latents_(open_latents(config.latents, config.encoders)),
        open_(opened(config, train.loop, latents_)) {
    check_encoders(latents_, encoders_);
    for (const auto& [field, folder] : open_.predecessors) predecessors_[field] = model_hash(folder);
    if (!evaluation_ && train.sample_every == 0) return;
    check_drawing();
  }
  Stage& stage() override { return *open_.stage; }
  std::string data_hash() const override { return latents_.hash; }
  std::map<std::string, std::string> predecessors() const override { return predecessors_; }

  void sample(const TensorMap& trained, const std::string& file) const override {
    EvaluationConfig few = drawing();
    few.pictures = sampled_pictures;
    save_grid(file, drawn(with_folded_gains(trained), {latents_, encoders_, few}).pictures);
  }

  NetworkSpec network() const override { return *open_.card.unet; }

  std::vector<Score> finish(const TensorMap& trained, const std::string& folder, Provenance provenance) override {
    const TensorMap weights = with_folded_gains(trained);
    provenance.data = {source_};
    provenance.license = shipped_license;
    if (predecessors_.contains("start")) provenance.predecessor = predecessors_.at("start");
    const std::vector<Score> scores = evaluation_ ? this->scores(weights, folder) : std::vector<Score>{};
    for (const auto& score : scores) {
      provenance.scores[score.name] = score.value;
      provenance.scores[score.name + "_interval"] = {score.low, score.high};
    }
    ModelCard card = open_.card;
    card.provenance = std::move(provenance);
    save_generator(folder, {card, weights}, latents_, encoders_);
    return scores;
  }

 private:
  Diffusion diffusion() const { return {NoiseSchedule(*open_.card.schedule), open_.card.prediction}; }

  // How pictures are drawn as it trains: as they are scored, else as the model is meant to.
  EvaluationConfig drawing() const {
    if (evaluation_) return *evaluation_;
    EvaluationConfig config;
    config.sampler.steps = open_.card.steps;
    config.sampler.guidance = open_.card.guidance;
    return config;
  }

  // Before the first iteration rather than after the last one.
  void check_drawing() const {
    try {
      check(diffusion(), drawing().sampler);
    } catch (const ConfigError& error) {
      throw ConfigError(std::string("evaluation.") + error.what());
    }
    const Evaluator possible(latents_, encoders_, drawing());
  }

  Drawn drawn(const TensorMap& weights, const Evaluator& evaluator) const {
    const auto unet = make_network(make_plan(*open_.card.unet));
    load_weights(*unet, weights, "moving average");
    return evaluator.draw(*unet, diffusion());
  }

  std::vector<Score> scores(const TensorMap& weights, const std::string& folder) const {
    const Evaluator evaluator(latents_, encoders_, *evaluation_);
    const Drawn drawn = this->drawn(weights, evaluator);
    std::filesystem::create_directories(folder);
    save_grid(folder + "/samples.png", drawn.pictures.slice(0, 0, 64));
    std::vector<Score> scores = evaluator.scores(drawn);
    for (const auto& score : scores)
      std::cerr << score.name << " " << score.value << " [" << score.low << ", " << score.high << "]\n";
    return scores;
  }

  std::string source_;
  EncoderFolders encoders_;
  std::optional<EvaluationConfig> evaluation_;
  LatentSet latents_;
  OpenStage open_;
  std::map<std::string, std::string> predecessors_;  // hashes, of when their weights were taken
};

struct Open {
  const TrainConfig& train;
  std::unique_ptr<StageRun> operator()(const AutoencoderConfig& c) const { return open_picture_stage(c, train.loop); }
  std::unique_ptr<StageRun> operator()(const TextImageConfig& c) const { return open_picture_stage(c, train.loop); }
  std::unique_ptr<StageRun> operator()(const auto& c) const { return std::make_unique<UNetRun>(train, c); }
};

}  // namespace

std::unique_ptr<StageRun> open_stage(const TrainConfig& config) { return std::visit(Open{config}, config.stage); }

}  // namespace mds
