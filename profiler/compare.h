// Whether callables differ in speed: ratios of medians with their intervals, over all pairs at once.
#pragma once

#include <string>
#include <vector>

#include "profiler/statistics.h"
#include "spec/timing_mark.h"

namespace mds {

enum class SpeedVerdict : uint8_t { faster, slower, no_difference_shown };
template <>
struct EnumNames<SpeedVerdict> {
  static constexpr std::array<std::string_view, 3> names{"faster", "slower", "no difference shown"};
};

struct NamedSamples {
  std::string name;
  ProcessBlocks processes;
  TimingMark mark = TimingMark::unchecked;  // the worst of the processes'; a rejected timing shows no difference
};

// The median of `name` over that of `against`. The interval is that of its step of Holm's procedure over all pairs, so
// that all verdicts together are right in 95% of comparisons; it is absent where a median has none or
// a timing was rejected.
struct MedianRatio {
  std::string name, against;
  double ratio = 1;
  std::optional<Interval> interval{};
  SpeedVerdict verdict = SpeedVerdict::no_difference_shown;
};

// Medians closer than this are not told apart, whatever their intervals say: what the same program differs by from one
// process to the next.
inline constexpr double least_difference = 0.01;

// Every later callable against every earlier one, in their order. ConfigError for fewer than two.
std::vector<MedianRatio> compared(const std::vector<NamedSamples>& timings);

}  // namespace mds
