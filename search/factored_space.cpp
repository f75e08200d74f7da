#include "search/factored_space.h"

#include <algorithm>
#include <stdexcept>

namespace mds {
namespace {

constexpr size_t most_frames = 4096;

// The network's own fields in canonical form. Those that depend on the levels read as if no level read text.
UNetSpec own_fields(UNetSpec network) {
  network.levels.clear();
  return canonical(std::move(network));
}

// Whether no network of one frame can be one of the other.
bool disjoint(const SpaceFrame& a, const SpaceFrame& b) {
  const UNetSpec &one = a.shared.network, &other = b.shared.network;
  if (one.levels.size() != other.levels.size() || !(own_fields(one) == own_fields(other))) return true;
  for (size_t i = 0; i < one.levels.size(); ++i)
    if (!a.levels[i]->may_equal(*b.levels[i])) return true;
  return false;
}

bool all_disjoint(const std::vector<SpaceFrame>& frames) {
  for (size_t i = 0; i < frames.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (!disjoint(frames[i], frames[j])) return false;
  return true;
}

}  // namespace

std::optional<FactoredSpace> FactoredSpace::of(const Space& space) try {
  const Factors factors = factors_of(space);
  FactoredSpace factored(space);
  for (auto& shared : space.begun(factors.shared, most_frames)) {
    SpaceFrame frame{.shared = std::move(shared), .levels = {}, .size = 1};
    const size_t levels = frame.shared.network.levels.size();
    if (levels > most_summed_levels) return std::nullopt;
    for (size_t level = 0; level < levels; ++level) {
      frame.levels.push_back(std::make_shared<LevelWays>(space, factors, frame.shared, level));
      frame.size = multiply_counts(frame.size, int64_t(frame.levels.back()->size()));
    }
    factored.size_ = add_counts(factored.size_, frame.size);
    factored.frames_.push_back(std::move(frame));
  }
  return all_disjoint(factored.frames_) ? std::optional(std::move(factored)) : std::nullopt;
} catch (const std::length_error&) {
  return std::nullopt;
}

FactoredSpace::Located FactoredSpace::locate(int64_t index) const {
  for (const auto& frame : frames_) {
    if (index >= frame.size) {
      index -= frame.size;
      continue;
    }
    Located located{frame};
    for (size_t level = 0; level < frame.levels.size(); ++level) {
      const auto ways = int64_t(frame.levels[level]->size());
      located.ways[level] = uint32_t(index % ways);
      index /= ways;
    }
    return located;
  }
  throw std::out_of_range("the space has " + std::to_string(size_) + " points");
}

Space::Partway FactoredSpace::made(const SpaceFrame& frame,
                                   const std::array<uint32_t, most_summed_levels>& ways) const {
  Space::Partway made = frame.shared;
  for (size_t level = 0; level < frame.levels.size(); ++level) frame.levels[level]->apply(ways[level], made);
  return made;
}

Point FactoredSpace::decode(int64_t index) const {
  const auto [frame, ways] = locate(index);
  return made(frame, ways).point;
}

bool FactoredSpace::exists(size_t choice) const {
  return std::ranges::any_of(frames_, [&](const SpaceFrame& frame) {
    return frame.shared.point[space_->first() + choice] >= 0 ||
           std::ranges::any_of(frame.levels, [&](const auto& level) { return level->exists(choice); });
  });
}

bool FactoredSpace::is_double(int64_t index) const {
  const auto [frame, ways] = locate(index);
  for (size_t level = 0; level < frame.levels.size(); ++level)
    if (frame.levels[level]->is_double(ways[level])) return true;
  return false;
}

}  // namespace mds
