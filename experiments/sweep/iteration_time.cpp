#include "experiments/sweep/iteration_time.h"

#include <ATen/ATen.h>

#include <chrono>

namespace mds {
namespace {

constexpr double long_iteration_s = 20;  // slower ones are timed only once

// Noise with the shapes that this proxy reads.
LatentSet stand_in(const UNetSpec& proxy) {
  const int64_t pairs = 8, channels = proxy.latent_channels;
  LatentSet set;
  set.moments = at::randn({pairs, 2 * channels, proxy.size, proxy.size}).to(at::kHalf);
  set.text = at::randn({pairs, proxy.text_tokens, proxy.text_width}).to(at::kHalf);
  set.empty_text = at::randn({1, proxy.text_tokens, proxy.text_width}).to(at::kHalf);
  set.held_out = at::zeros({pairs}, at::kBool);
  set.captions.resize(size_t(pairs));
  set.scale = {.mean = std::vector<double>(size_t(channels), 0), .std = std::vector<double>(size_t(channels), 1)};
  return set;
}

double seconds_of(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double iteration_seconds(const UNetSpec& proxy, const SweepConfig& config, const Placement& placement) {
  LoopConfig pass = config.loop(config.seed);
  pass.placement = placement;
  pass.batch = pass.examples_a_pass();
  const double passes = double(config.batch) / double(pass.batch);
  const LatentSet latents = stand_in(proxy);
  BaseStage stage(proxy, config.stage, pass, latents);
  Loop loop(stage, pass, config.optimizer);
  const double first = passes * seconds_of([&] { loop.run_to(1); });
  if (first > long_iteration_s) return first;
  return passes * seconds_of([&] { loop.run_to(1 + timed_iterations); }) / double(timed_iterations);
}

}  // namespace mds
