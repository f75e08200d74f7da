// A space of any size as a value: how many points it has, and the point of a number. It rests on how the space splits
// into levels (factors.h), and visits no point.
#pragma once

#include <memory>
#include <optional>

#include "search/level_ways.h"

namespace mds {

// The points that have the shared choices in common: all combinations of ways to make the levels.
struct SpaceFrame {
  Space::Partway shared;
  std::vector<std::shared_ptr<const LevelWays>> levels;
  int64_t size = 0;  // points
};

class FactoredSpace {
 public:
  // Null where the space does not split well: where its shared choices have more than 4,096 combinations, a level can
  // be made in more than 2^20 ways, there are more than 8 levels, or networks with other shared choices could be equal.
  static std::optional<FactoredSpace> of(const Space& space);

  // All points, those included that are invalid or the same network as another. ConfigError where they exceed 2^63.
  int64_t size() const { return size_; }

  // The point of a number below size(); its order is not that of Space::for_each.
  Point decode(int64_t index) const;

  // Whether the choice has an option at any point.
  bool exists(size_t choice) const;

  // Whether the same network has a point of a lower number.
  bool is_double(int64_t index) const;

  // The frame's point with these ways to make its levels.
  Space::Partway made(const SpaceFrame& frame, const std::array<uint32_t, most_summed_levels>& ways) const;

  const std::vector<SpaceFrame>& frames() const { return frames_; }
  const Space& space() const { return *space_; }

 private:
  struct Located {
    const SpaceFrame& frame;
    std::array<uint32_t, most_summed_levels> ways{};
  };
  explicit FactoredSpace(const Space& space) : space_(&space) {}
  Located locate(int64_t index) const;

  const Space* space_;
  std::vector<SpaceFrame> frames_;
  int64_t size_ = 0;
};

}  // namespace mds
