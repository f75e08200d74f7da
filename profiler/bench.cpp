#include "profiler/bench.h"

#include <chrono>
#include <numeric>
#include <set>

namespace mds {
namespace {

// The unfinished timing of one callable.
class Sampler {
 public:
  Sampler(const Callable& callable, const BenchOptions& options)
      : callable_(callable), options_(options), rule_(options.stopping) {
    timing_.name = callable.name;
  }

  void warm_up() {
    std::vector<int64_t> samples;
    while (!rule_.warm(samples)) samples.push_back(measure());
    timing_.warmup_count = int64_t(samples.size());
    timing_.warmup_ns = std::accumulate(samples.begin(), samples.end(), int64_t{0});
    typical_ns_ = median_ns(samples);
  }

  bool finished() const { return rule_.finished(timing_.sample_blocks()); }

  // The untimed runs at the start of a block happen inside the call of its first sample, before the clock starts.
  DriverBlock next_block() {
    untimed_runs_ = options_.stopping.block_warmup;
    const auto taken = int64_t(timing_.samples_ns.size());
    return {timing_.name, rule_.block_samples(typical_ns_, taken), [this] { return sample(); }};
  }

  void end_block(const BlockReport& report) {
    timing_.blocks.push_back(report);
    if (!finished()) return;
    timing_.mark = rule_.mark(timing_.sample_blocks());
    options_.on_finished(timing_);
  }

  Timing take() { return std::move(timing_); }

 private:
  int64_t measure() { return options_.stopwatch(callable_.run); }

  int64_t sample() {
    for (; untimed_runs_ > 0; --untimed_runs_) measure();
    timing_.samples_ns.push_back(measure());
    return timing_.samples_ns.back();
  }

  const Callable& callable_;
  const BenchOptions& options_;
  StoppingRule rule_;
  Timing timing_;
  double typical_ns_ = 0;
  int64_t untimed_runs_ = 0;
};

void require_distinct_names(const std::vector<Callable>& callables) {
  std::set<std::string> names;
  for (const auto& callable : callables)
    if (!names.insert(callable.name).second)
      throw ConfigError("callable \"" + callable.name + "\": is named twice; names must differ to be told apart");
}

}  // namespace

SampleBlocks Timing::sample_blocks() const {
  SampleBlocks result;
  auto next = samples_ns.begin();
  for (const auto& block : blocks) {
    result.emplace_back(next, next + block.samples);
    next += block.samples;
  }
  return result;
}

int64_t steady_now_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

Stopwatch host_stopwatch(std::function<void()> synchronise, std::function<int64_t()> now_ns) {
  return [synchronise = std::move(synchronise), now_ns = std::move(now_ns)](const std::function<void()>& run) {
    if (synchronise) synchronise();
    const auto start = now_ns();
    run();
    if (synchronise) synchronise();
    return now_ns() - start;
  };
}

std::vector<Timing> time_callables(const std::vector<Callable>& callables, const BenchOptions& options) {
  require_distinct_names(callables);
  std::vector<Sampler> samplers;
  for (const auto& callable : callables) samplers.emplace_back(callable, options);
  for (auto& sampler : samplers) sampler.warm_up();

  std::vector<size_t> open(samplers.size());
  std::iota(open.begin(), open.end(), size_t{0});
  Random random(options.seed);
  while (!open.empty()) {
    random.shuffle(open);
    std::vector<DriverBlock> round;
    for (const auto i : open) round.push_back(samplers[i].next_block());
    const auto reports = options.driver(round);
    for (size_t i = 0; i < open.size(); ++i) samplers[open[i]].end_block(reports[i]);
    std::erase_if(open, [&](size_t i) { return samplers[i].finished(); });
  }

  std::vector<Timing> timings;
  for (auto& sampler : samplers) timings.push_back(sampler.take());
  return timings;
}

}  // namespace mds
