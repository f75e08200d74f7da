// How far a timing can be trusted: the mode it was taken in, and how its stopping rule ended.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "spec/describe.h"

namespace mds {

// quick: a fixed 9 samples after one warm-up run, just enough for a median's interval.
// screening: at least 64 samples and 3 s. final: at least 1,024 samples or 60 s.
enum class TimingMode : uint8_t { quick, screening, final };
template <>
struct EnumNames<TimingMode> {
  static constexpr std::array<std::string_view, 3> names{"quick", "screening", "final"};
};

// Best first. "steady" met the rule; "unchecked" had none, as quick timings; "noisy" met it with an interquartile range
// above 10% of the median; "unstable" hit a cap before the median was precise; "rejected"
// spread more than 25% and is not evidence.
enum class TimingMark : uint8_t { steady, unchecked, noisy, unstable, rejected };
template <>
struct EnumNames<TimingMark> {
  static constexpr std::array<std::string_view, 5> names{"steady", "unchecked", "noisy", "unstable", "rejected"};
};

struct Evidence {
  TimingMode mode = TimingMode::screening;
  TimingMark mark = TimingMark::steady;
  bool rejected() const { return mark == TimingMark::rejected; }
  bool operator==(const Evidence&) const = default;
};

// Of two timings of one thing, the one with the smaller rank is used: steady ones of mode final first, rejected ones
// last; between them, more samples come first.
inline std::pair<int, int64_t> rank(const Evidence& evidence, int64_t samples) {
  const bool best = evidence.mode == TimingMode::final && evidence.mark == TimingMark::steady;
  return {best ? 0 : evidence.rejected() ? 2 : 1, -samples};
}

// What a sum of two timings can be trusted: the shorter mode and the worse mark.
inline Evidence weakest(const Evidence& a, const Evidence& b) {
  return {std::min(a.mode, b.mode), std::max(a.mark, b.mark)};
}

// One word for tables: the mode of a timing that has no fault ("final"), else its fault ("noisy").
inline std::string to_string(const Evidence& evidence) {
  return std::string(evidence.mark <= TimingMark::unchecked ? name_of(evidence.mode) : name_of(evidence.mark));
}

}  // namespace mds
