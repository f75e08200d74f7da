#include "app/sweep_samples.h"

#include <iostream>
#include <limits>

#include "app/latent_cache.h"
#include "app/picture_side.h"
#include "app/recording.h"

namespace mds {
namespace {

struct Best {
  RunStatus run;
  MetricRow score;
};

std::optional<Best> best_run(const Store& store, const SweepConfig& config) {
  const std::string name = policy_scores(config.policy).front();
  const double sign = score_kind(name)->better == Better::lower ? 1 : -1;
  std::optional<Best> best;
  for (const auto& run : store.runs(config.name)) {
    if (run.state != RunState::done) continue;
    const auto curve = store.curve(run.run, name);
    if (!curve.empty() && (!best || sign * curve.back().value < sign * best->score.value))
      best = Best{run, curve.back()};
  }
  return best;
}

}  // namespace

bool save_best(const Store& store, const SweepConfig& config, const LatentSet& latents, const std::string& command) {
  const auto best = best_run(store, config);
  if (!best) return false;
  const auto checkpoint = load_tensors(files_of(config, best->run).checkpoint());
  const UNetSpec proxy = std::get<UNetSpec>(network_of(store.find_arch(best->run.arch).value()));
  const TensorMap weights = with_prefix(checkpoint.tensors, "ema.");
  const auto unet = make_network(make_plan(proxy));
  load_weights(*unet, weights, "moving average");

  ModelCard card;
  card.unet = proxy;
  card.prediction = config.stage.prediction;
  card.schedule = config.stage.schedule;
  card.guidance = config.evaluation.sampler.guidance;
  card.provenance = {.command = command,
                     .config = config.written,
                     .data = {config.written["stage"]["latents"]},
                     .data_hash = latents.hash,
                     .iterations = best->score.iteration,
                     .seed = config.seed,
                     .run_id = best->run.arch.substr(0, 16),
                     .license = shipped_license,
                     .scores = {{best->score.name, best->score.value}}};
  save_generator(config.folder() + "/best", {card, weights}, latents, config.stage.data.encoders);
  save_grid(config.folder() + "/samples.png", Evaluator(latents, config.stage.data.encoders, config.evaluation)
                                                  .draw(*unet, diffusion_of(config.stage))
                                                  .pictures);
  return true;
}

}  // namespace mds
