#include "profiler/stopping.h"

#include <cmath>
#include <numeric>

namespace mds {
namespace {

double seconds_of(Samples samples) { return 1e-9 * std::accumulate(samples.begin(), samples.end(), 0.0); }
int64_t count_of(Samples samples) { return int64_t(samples.size()); }

}  // namespace

StoppingConfig stopping_config(TimingMode mode) {
  switch (mode) {
    case TimingMode::quick:
      return {.samples = 9, .seconds = 0, .fixed_count = true, .block_warmup = 0};
    case TimingMode::screening:
      return {};
    case TimingMode::final:
      return {.samples = 1024, .seconds = 60, .least = Least::either, .max_seconds = 180, .max_warmup_seconds = 30};
  }
  throw std::logic_error("a timing mode without a stopping rule");
}

bool StoppingRule::warm(Samples warmup) const {
  if (config_.fixed_count) return !warmup.empty();
  const double seconds = seconds_of(warmup);
  const auto window = size_t(config_.warmup_window);
  if (warmup.empty() || seconds < config_.warmup_seconds) return false;
  if (seconds >= config_.max_warmup_seconds) return true;
  if (warmup.size() < 2 * window) return false;
  const double last = median_ns(warmup.last(window));
  const double before = median_ns(warmup.subspan(warmup.size() - 2 * window, window));
  return std::abs(last - before) <= config_.warmup_agreement * before;
}

bool StoppingRule::least_reached(Samples samples) const {
  const bool enough_samples = count_of(samples) >= config_.samples;
  const bool enough_seconds = seconds_of(samples) >= config_.seconds;
  return config_.least == Least::both ? enough_samples && enough_seconds : enough_samples || enough_seconds;
}

bool StoppingRule::capped(Samples samples) const {
  return count_of(samples) >= config_.max_samples || seconds_of(samples) >= config_.max_seconds;
}

bool StoppingRule::precise(const SampleBlocks& blocks) const {
  const auto interval = median_interval({blocks});
  return interval && (interval->high - interval->low) / 2 <= config_.half_width * median_ns(pooled(blocks));
}

bool StoppingRule::finished(const SampleBlocks& blocks) const {
  const auto samples = pooled(blocks);
  if (config_.fixed_count) return count_of(samples) >= config_.samples;
  return capped(samples) || (least_reached(samples) && precise(blocks));
}

TimingMark StoppingRule::mark(const SampleBlocks& blocks) const {
  if (config_.fixed_count) return TimingMark::unchecked;
  const double spread = summarise(blocks).iqr_share;
  if (spread > config_.rejected_iqr) return TimingMark::rejected;
  if (!precise(blocks)) return TimingMark::unstable;
  return spread > config_.noisy_iqr ? TimingMark::noisy : TimingMark::steady;
}

int64_t StoppingRule::block_samples(double typical_ns, int64_t taken) const {
  const auto share = double(config_.blocks);
  const auto by_count = double(config_.samples) / share;
  const double typical_s = std::max(1e-9 * typical_ns, 1e-9), by_time = config_.seconds / share / typical_s;
  if (config_.fixed_count) return std::clamp<int64_t>(int64_t(by_count), 1, config_.samples - taken);
  const double wanted = config_.least == Least::both ? std::max(by_count, by_time) : std::min(by_count, by_time);
  const double most = config_.max_seconds / share / typical_s;  // so that slow callables have their blocks in the cap
  return std::clamp<int64_t>(int64_t(std::min(wanted, most)), 1, config_.max_samples - taken);
}

}  // namespace mds
