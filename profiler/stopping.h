// When a callable is warm and when it was timed enough: pure functions of the samples taken so far, so that each rule
// is tested with literal numbers. Durations count only the timed part of the samples.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "profiler/statistics.h"
#include "spec/describe.h"
#include "spec/timing_mark.h"

namespace mds {

enum class Least { both, either };
template <>
struct EnumNames<Least> {
  static constexpr std::array<std::string_view, 2> names{"both", "either"};
};

struct StoppingConfig {
  int64_t samples = 64;
  double seconds = 3;
  Least least = Least::both;
  int64_t max_samples = 100'000;
  double max_seconds = 30;
  double half_width = 0.01;
  double noisy_iqr = 0.10;
  double rejected_iqr = 0.25;
  bool fixed_count = false;
  int64_t blocks = least_blocks;
  int64_t block_warmup = 1;
  double warmup_seconds = 1;
  double max_warmup_seconds = 10;
  int64_t warmup_window = 5;
  double warmup_agreement = 0.01;

  static void describe(auto& self, auto&& field) {
    field("samples", self.samples, "least number of timed samples", at_least(1));
    field("seconds", self.seconds, "least timed duration", at_least(0));
    field("least", self.least, "whether both leasts must be reached, or either");
    field("max_samples", self.max_samples, "cap on samples; a median that is not precise by then is unstable",
          at_least(1));
    field("max_seconds", self.max_seconds, "cap on timed seconds, likewise", at_least(0));
    field("half_width", self.half_width, "wanted half-width of the median's 95% interval over the median", at_least(0));
    field("noisy_iqr", self.noisy_iqr, "interquartile range over median above which a timing is noisy", at_least(0));
    field("rejected_iqr", self.rejected_iqr, "interquartile range over median above which it is rejected", at_least(0));
    field("fixed_count", self.fixed_count, "take `samples` samples after one warm-up run, whatever the precision");
    field("blocks", self.blocks, "blocks that the least number of samples is spread over", at_least(1));
    field("block_warmup", self.block_warmup, "untimed runs that open each block", at_least(0));
    field("warmup_seconds", self.warmup_seconds, "least warm-up", at_least(0));
    field("max_warmup_seconds", self.max_warmup_seconds, "longest warm-up", at_least(0));
    field("warmup_window", self.warmup_window, "samples in a warm-up window", at_least(1));
    field("warmup_agreement", self.warmup_agreement, "largest relative difference of two windows' medians",
          at_least(0));
  }
};

StoppingConfig stopping_config(TimingMode mode);

class StoppingRule {
 public:
  explicit StoppingRule(const StoppingConfig& config) : config_(config) {}

  // Warm: two successive windows agree and the least warm-up is over, or the longest warm-up has passed.
  bool warm(Samples warmup) const;

  bool finished(const SampleBlocks& blocks) const;

  // The mark of a finished timing.
  TimingMark mark(const SampleBlocks& blocks) const;

  // How many samples the next block of an unfinished timing takes after `taken` samples, given a typical duration: at
  // most a `blocks`-th of the least number and of the longest time, so that either spans that many blocks or more.
  int64_t block_samples(double typical_ns, int64_t taken) const;

 private:
  bool least_reached(Samples samples) const;
  bool capped(Samples samples) const;
  bool precise(const SampleBlocks& blocks) const;

  StoppingConfig config_;
};

}  // namespace mds
