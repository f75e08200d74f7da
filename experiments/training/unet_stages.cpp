// The stages that train a UNet on cached latents: base, relu, distil, ufogen.
#include <filesystem>
#include <optional>
#include <sstream>

#include "experiments/training/latent_cache.h"
#include "experiments/training/picture_side.h"
#include "experiments/training/stages.h"
#include "trainer/evaluate.h"

namespace mds {
namespace {

constexpr int64_t sampled_pictures = 16;

// A stage, and the description of the network that it produces.
struct OpenStage {
  std::unique_ptr<Stage> stage;
  ModelCard card;                                   // unet, prediction, schedule, steps, guidance, sampler
  bool holds_guidance = false;                      // the network learned guidance, so it draws with a guidance of 1
  std::map<std::string, std::string> predecessors;  // model folders by the field that names them
  Json derived = Json::object();                    // for the provenance
  std::string candidate{}, network{}, sweep{};      // for the provenance
};

// A stage that starts from another model inherits the description of its network.
OpenStage after(const Predecessor& start) {
  OpenStage open;
  open.card.unet = start.card.unet;
  open.card.prediction = start.card.prediction;
  open.card.schedule = start.card.schedule;
  open.card.sampler = sampler_of(start.card);
  open.predecessors["start"] = start.folder;
  open.candidate = start.card.provenance.candidate;
  open.network = start.card.provenance.network;
  open.sweep = start.card.provenance.sweep;
  return open;
}

// Where stored names are looked up, and who is told of what was found.
struct Surroundings {
  const std::string& database;
  Listener& listener;
};

OpenStage opened(const BaseConfig& config, const LoopConfig& loop, const LatentSet& latents,
                 const Surroundings& around) {
  OpenStage open;
  if (config.start.empty()) {
    const NamedNetwork named = find_network(config.unet, around.database);
    const auto* unet = std::get_if<UNetSpec>(&named.spec);
    if (!unet) throw ConfigError("stage.unet is \"" + config.unet + "\", which is no UNet; allowed: a UNet");
    open.card.unet = proxy_of(*unet, config.width_divisor, latents);
    open.candidate = named.name;
    open.network = hash_of(named.spec);
    open.sweep = named.sweep;
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

// Opens a stage that starts from a model folder.
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
  open.candidate = open.network = open.sweep = "";  // these describe the network with softmax
  return open;
}

OpenStage opened(const DistilConfig& config, const LoopConfig& loop, const LatentSet& latents) {
  OpenStage open = gone_on<DistilStage>(config, loop, latents);
  open.predecessors["teacher"] = config.teacher;
  open.card.sampler = {.steps = config.steps, .guidance = open.card.sampler.guidance};
  open.holds_guidance = config.guidance.absorbed;
  return open;
}

OpenStage opened(const UfogenConfig& config, const LoopConfig& loop, const LatentSet& latents,
                 const Surroundings& around) {
  OpenStage open = gone_on<UfogenStage>(config, loop, latents);
  open.holds_guidance = true;
  open.card.sampler = {.steps = 1, .guidance = 1, .sampler = Sampler::ufogen};
  const NoiseGap gap = static_cast<const UfogenStage&>(*open.stage).noise_gap();
  open.derived = {{"snr_at_" + std::to_string(gap.t), gap.snr}, {"snr_at_" + std::to_string(gap.t_less), gap.snr_less}};
  std::ostringstream ratio;
  ratio << "delta " << config.delta << ": the signal-to-noise ratio is " << gap.snr << " at timestep " << gap.t
        << " and " << gap.snr_less << " at " << gap.t_less;
  around.listener.say(ratio.str());
  return open;
}

// Other stages start from a model folder, do not look up a network and have nothing to tell.
OpenStage opened(const auto& config, const LoopConfig& loop, const LatentSet& latents, const Surroundings&) {
  return opened(config, loop, latents);
}

// Copies of weights from before training, which changes them in place.
TensorMap copied(const TensorMap& weights) {
  TensorMap copies;
  for (const auto& [name, weight] : weights) copies[name] = weight.detach().cpu().clone();
  return copies;
}

Diffusion diffusion_of(const ModelCard& card) { return {NoiseSchedule(*card.schedule), card.prediction}; }

// The scores as a card stores them; the listener is told of them too.
Json tell(Listener& listener, const std::string& which, const std::vector<Score>& scores) {
  Json told;
  for (const auto& score : scores) {
    told[score.name] = score.value;
    told[score.name + "_interval"] = {score.low, score.high};
    std::ostringstream line;
    line << which << ": " << score.name << " " << score.value << " [" << score.low << ", " << score.high << "]";
    listener.say(line.str());
  }
  return told;
}

class UNetRun final : public StageRun {
 public:
  template <class Config>
  UNetRun(const TrainConfig& train, const Config& config, const Surroundings& around)
      : listener_(around.listener),
        source_(config.data.latents),
        encoders_(config.data.encoders),
        evaluation_(train.evaluation),
        latents_(open_latents(config.data, train.evaluation || train.sample_every > 0 ? least_held_out : 0, listener_)),
        open_(opened(config, train.loop, latents_, around)) {
    check_encoders(latents_, encoders_);
    std::vector<std::string> folders;
    for (const auto& [field, folder] : open_.predecessors) {
      predecessors_[field] = model_hash(folder);
      folders.push_back(folder);
    }
    license_ = inherited_license(latents_, encoders_, folders);
    if (evaluation_) open_.card.sampler.guidance = evaluation_->sampler.guidance;
    if (open_.holds_guidance) open_.card.sampler.guidance = 1;
    if (!evaluation_ && train.sample_every == 0) return;
    check_drawing();
    if (evaluation_ && open_.predecessors.contains("start")) keep_start(open_.predecessors.at("start"));
  }
  Stage& stage() override { return *open_.stage; }
  std::string data_hash() const override { return latents_.hash; }
  std::map<std::string, std::string> predecessors() const override { return predecessors_; }

  void sample(const TensorMap& trained, const std::string& file) const override {
    EvaluationConfig few = drawing();
    few.pictures = sampled_pictures;
    const Evaluator evaluator(latents_, encoders_, few);
    save_grid(file, evaluator.draw(*built(with_folded_gains(trained)), diffusion()).pictures);
  }

  NetworkSpec network() const override { return *open_.card.unet; }

  std::vector<Score> finish(const TensorMap& trained, const std::string& folder, Provenance provenance) override {
    const TensorMap weights = with_folded_gains(trained);
    provenance.data = {source_};
    provenance.license = license_;
    provenance.derived = open_.derived;
    provenance.candidate = open_.candidate;
    provenance.network = open_.network;
    provenance.sweep = open_.sweep;
    if (predecessors_.contains("start")) provenance.predecessor = predecessors_.at("start");
    std::vector<Score> scores;
    if (evaluation_) scores = this->scores(weights, folder, provenance.scores);
    ModelCard card = open_.card;
    card.provenance = std::move(provenance);
    save_generator(folder, {card, weights}, latents_, encoders_);
    return scores;
  }

 private:
  Diffusion diffusion() const { return diffusion_of(open_.card); }

  // How pictures are drawn during training: as for scoring, or else with the steps and guidance of the model.
  EvaluationConfig drawing() const {
    if (evaluation_) return *evaluation_;
    EvaluationConfig config;
    config.sampler.steps = open_.card.sampler.steps;
    config.sampler.guidance = open_.card.sampler.guidance;
    return config;
  }

  // Finds errors of drawing before the first iteration rather than after the last one.
  void check_drawing() const {
    try {
      check(diffusion(), drawing().sampler);
    } catch (const ConfigError& error) {
      throw ConfigError(std::string("evaluation.") + error.what());
    }
    const Evaluator possible(latents_, encoders_, drawing());
  }

  void keep_start(const std::string& folder) {
    start_ = load_card(folder, {"unet", "schedule"});
    set_extent(*start_->unet, extent_of(*open_.card.unet));  // weights do not depend on the size
    if (*start_->unet != *open_.card.unet) swapped_ = with_folded_gains(copied(open_.stage->weights()));
  }

  NetworkPtr built(const TensorMap& weights) const {
    auto unet = make_network(make_plan(*open_.card.unet));
    load_weights(*unet, weights, "moving average");
    return unet;
  }

  // Scores of the trained network. The card also gets scores for the same captions, noise and sampler: under "before"
  // those of the model that the stage started from, and, where the stage changed the network itself, under "swapped"
  // those of the changed network before training.
  std::vector<Score> scores(const TensorMap& weights, const std::string& folder, Json& told) const {
    const Evaluator evaluator(latents_, encoders_, *evaluation_);
    if (start_) {
      const auto unet = load_part(open_.predecessors.at("start"), "unet", make_plan(*start_->unet));
      told["before"] =
          tell(listener_, "before the stage", evaluator.scores(evaluator.draw(*unet, diffusion_of(*start_))));
    }
    if (swapped_)
      told["swapped"] =
          tell(listener_, "right after the swap", evaluator.scores(evaluator.draw(*built(*swapped_), diffusion())));
    const Drawn own = evaluator.draw(*built(weights), diffusion());
    std::filesystem::create_directories(folder);
    save_grid(folder + "/samples.png", own.pictures.slice(0, 0, 64));
    const std::vector<Score> scores = evaluator.scores(own);
    told.update(tell(listener_, "trained", scores));
    return scores;
  }

  Listener& listener_;
  std::string source_;
  EncoderFolders encoders_;
  std::optional<EvaluationConfig> evaluation_;
  LatentSet latents_;
  OpenStage open_;
  std::map<std::string, std::string> predecessors_;  // hashes from the time their weights were read
  std::string license_;
  std::optional<ModelCard> start_;    // of the model the stage started from
  std::optional<TensorMap> swapped_;  // the weights before training, if the stage changed the network
};

struct Open {
  const TrainConfig& train;
  const Surroundings& around;
  std::unique_ptr<StageRun> operator()(const AutoencoderConfig& c) const {
    return open_picture_stage(c, train.loop, around.listener);
  }
  std::unique_ptr<StageRun> operator()(const TextImageConfig& c) const {
    return open_picture_stage(c, train.loop, around.listener);
  }
  std::unique_ptr<StageRun> operator()(const auto& c) const { return std::make_unique<UNetRun>(train, c, around); }
};

}  // namespace

std::unique_ptr<StageRun> open_stage(const TrainConfig& config, const std::string& database, Listener& listener) {
  const Surroundings around{database, listener};
  return std::visit(Open{config, around}, config.stage);
}

}  // namespace mds
