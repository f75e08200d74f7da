#include "experiments/sweep/plan.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "experiments/sweep/candidates.h"
#include "experiments/sweep/disk.h"
#include "networks/network_spec.h"

namespace mds {
namespace {

constexpr int64_t timed_iterations = 3;
constexpr double long_iteration_s = 20;  // slower ones are timed only once

struct Proxy {
  UNetSpec spec;
  Cost cost;
  double iteration_s = 0;
};

// Noise with the shapes that the encoders produce.
LatentSet stand_in(const EncoderFolders& folders) {
  const ModelCard autoencoder = load_card(shipped_file(folders.autoencoder), {"vae_decoder"}),
                  text = load_card(shipped_file(folders.text), {"text_encoder"});
  const Shape latent = make_plan(*autoencoder.vae_decoder).input;
  const int64_t pairs = 8, tokens = text.text_encoder->tokens, width = text.text_encoder->width;
  LatentSet set;
  set.moments = at::randn({pairs, 2 * latent.channels, latent.height, latent.width}).to(at::kHalf);
  set.text = at::randn({pairs, tokens, width}).to(at::kHalf);
  set.empty_text = at::randn({1, tokens, width}).to(at::kHalf);
  set.held_out = at::zeros({pairs}, at::kBool);
  set.captions.resize(size_t(pairs));
  set.scale = autoencoder.latent_scale.value_or(LatentScale{.mean = std::vector<double>(size_t(latent.channels), 0),
                                                            .std = std::vector<double>(size_t(latent.channels), 1)});
  return set;
}

double seconds_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double time_iteration(const UNetSpec& proxy, const SweepConfig& config, const LoopConfig& loop_config,
                      const LatentSet& latents) {
  BaseStage stage(proxy, config.stage, loop_config, latents);
  Loop loop(stage, loop_config, config.optimizer);
  const double first = seconds_of([&] { loop.run_to(1); });
  if (first > long_iteration_s) return first;
  return seconds_of([&] { loop.run_to(1 + timed_iterations); }) / double(timed_iterations);
}

// Estimates the seconds between the cheapest and the dearest proxy, which are timed, linearly in macs_valid.
void time_all(std::vector<Proxy>& proxies, const SweepConfig& config, const LoopConfig& loop,
              const LatentSet& latents) {
  const auto [cheapest, dearest] =
      std::ranges::minmax_element(proxies, {}, [](const Proxy& proxy) { return proxy.cost.macs_valid; });
  const double low = time_iteration(cheapest->spec, config, loop, latents),
               high = cheapest == dearest ? low : time_iteration(dearest->spec, config, loop, latents);
  const double from = double(cheapest->cost.macs_valid), span = double(dearest->cost.macs_valid) - from;
  for (auto& proxy : proxies)
    proxy.iteration_s = span > 0 ? low + (high - low) * (double(proxy.cost.macs_valid) - from) / span : low;
}

struct SweepPlan {
  std::vector<Candidate> candidates;
  std::vector<Proxy> proxies;
  int64_t seeds = 1;
  double evaluation_passes = 0;  // forward passes for each picture

  // For one run: its iterations, and an evaluation, where a forward pass takes a third of a training pass.
  double seconds(const Proxy& proxy, int64_t iterations, int64_t batch) const {
    return proxy.iteration_s * (double(iterations) + evaluation_passes / (3 * double(batch)));
  }
  double seconds(int64_t iterations, int64_t batch) const {
    double sum = 0;
    for (const auto& proxy : proxies) sum += seconds(proxy, iterations, batch);
    return sum * double(seeds);
  }
  int64_t runs() const { return int64_t(proxies.size()) * seeds; }
  int64_t checkpoint_bytes() const {
    int64_t params = 0;
    for (const auto& proxy : proxies) params += proxy.cost.params;
    return state_bytes(params) * seeds;
  }
};

SweepPlan planned(const SweepConfig& config, const Placement& placement, Listener& listener) {
  SweepPlan plan{
      .candidates = candidates_of(config, listener), .proxies = {}, .seeds = int64_t(config.all_seeds().size())};
  const bool cached = config.stage.data.latents.ends_with(".safetensors");
  const LatentSet latents = cached ? load_latents(config.stage.data.latents) : stand_in(config.stage.data.encoders);
  for (const auto& candidate : plan.candidates) {
    const UNetSpec spec = proxy_of(candidate.network, config.stage.width_divisor, latents);
    plan.proxies.push_back({spec, cost(make_plan(spec))});
  }
  listener.say("mdsearch times " + std::to_string(timed_iterations) +
               " iterations of the cheapest and of the dearest proxy");
  LoopConfig loop = config.loop(config.seed);
  loop.placement = placement;
  time_all(plan.proxies, config, loop, latents);
  const EvaluationConfig& evaluation = config.evaluation;
  const int64_t calls = calls_a_step(guided_sides(evaluation.sampler.guidance, evaluation.sampler.rescale));
  plan.evaluation_passes = double(evaluation.pictures * evaluation.sampler.steps * calls);
  return plan;
}

Table candidates_table(const SweepPlan& plan, const SweepConfig& config) {
  Table table{.title = "Plan of the sweep " + config.name,
              .columns = {{.name = "name"},
                          {.name = "hash"},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
                          {.name = "macs_valid", .header = "valid GMACs", .scale = 1e-9, .digits = 2},
                          {.name = "proxy_params", .header = "proxy params M", .scale = 1e-6, .digits = 2},
                          {.name = "iteration_s", .header = "iteration ms", .scale = 1e3, .digits = 1}}};
  for (size_t i = 0; i < plan.candidates.size(); ++i) {
    const auto& [network, c, choices, name] = plan.candidates[i];
    table.rows.push_back({name, hash_of(network).substr(0, 12), c.params, c.macs_valid, plan.proxies[i].cost.params,
                          plan.proxies[i].iteration_s});
  }
  return table;
}

Table rungs_table(const SweepPlan& plan, const SweepConfig& config) {
  Table table{.columns = {{.name = "rung"},
                          {.name = "end", .header = "to iteration"},
                          {.name = "runs"},
                          {.name = "iterations", .header = "iterations in all"},
                          {.name = "minutes", .digits = 1}}};
  int64_t before = 0;
  for (size_t rung = 0; rung < config.rungs.size(); ++rung) {
    const int64_t added = config.rungs[rung] - before;
    table.rows.push_back(
        {rung + 1, config.rungs[rung], plan.runs(), added * plan.runs(), plan.seconds(added, config.batch) / 60});
    before = config.rungs[rung];
  }
  return table;
}

}  // namespace

std::string plan_text(const SweepConfig& config, const Placement& placement, Format format, Listener& listener) {
  const SweepPlan plan = planned(config, placement, listener);
  const Table candidates = candidates_table(plan, config);
  Table rungs = rungs_table(plan, config);
  const int64_t iterations = config.rungs.back() * plan.runs(), bytes = plan.checkpoint_bytes();
  double minutes = 0;
  for (const auto& row : rungs.rows) minutes += row.back().get<double>();
  const std::vector<std::string> notes{
      "These are the numbers if no candidate stops before the last rung, with one worker.",
      "The time stands on " + std::to_string(timed_iterations) +
          " iterations of the cheapest and of the dearest proxy, timed just now on latents of noise. Between them it "
          "rises with macs_valid. An evaluation counts as its forward passes alone, each a third of a training pass; "
          "decoding, scoring and the timing of blocks come on top.",
      "The disk holds the last checkpoint of each run; best/ comes on top."};
  if (format == Format::json)
    return Json{{"sweep", config.name},        {"candidates", rows_json(candidates)},
                {"seeds", config.all_seeds()}, {"rungs", rows_json(rungs)},
                {"iterations", iterations},    {"seconds", 60 * minutes},
                {"disk_bytes", bytes},         {"notes", notes}}
               .dump(2) +
           "\n";
  rungs.footnotes = {"In all " + std::to_string(iterations) + " iterations, about " +
                     shown(minutes, {.name = "", .digits = 1}) + " minutes and " +
                     shown(bytes, {.name = "", .scale = 1e-6, .digits = 1}) + " MB."};
  rungs.footnotes.insert(rungs.footnotes.end(), notes.begin(), notes.end());
  return format == Format::csv ? to_text(candidates, format) : to_text(std::vector<Table>{candidates, rungs}, format);
}

}  // namespace mds
