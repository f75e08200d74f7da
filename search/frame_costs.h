// The costs of all networks of a frame (factored_space.h), as sums of the costs of their levels.
#pragma once

#include "search/factored_space.h"

namespace mds {

// The costs of some neighbouring levels together.
struct CostPart {
  std::vector<CostSum> sums{{}};  // merged; without doubles
  int64_t valid = 1;              // combinations, doubles included
  int64_t unique() const;
};

class FrameCosts {
 public:
  explicit FrameCosts(const SpaceFrame& frame);

  // Calls use(outer, inner) for all networks of the frame, part by part: each network is one of the outer part's sums
  // and one of the inner's.
  void for_each(const std::function<void(const CostPart& outer, const CostPart& inner)>& use) const;

  // The same with only those ways to make a level that are on the front of the level's costs.
  FrameCosts best() const;

  // Equal for frames with equal costs: those that differ in what costs nothing.
  uint64_t digest() const;
  const std::string& first_invalid() const { return first_invalid_; }

 private:
  using Priced = LevelWays::Priced;
  size_t widths(size_t level) const { return frame_.levels[level]->widths().size(); }
  const Priced& priced(size_t level, size_t width, std::pair<size_t, size_t> outer_inner) const;
  CostPart outer(size_t level, size_t width, size_t inner_width) const;
  CostPart inner(size_t level, size_t width, size_t outer_width) const;

  const SpaceFrame& frame_;
  std::vector<std::vector<std::vector<Priced>>> table_;  // by level; by outer and inner width; by own width
  std::string first_invalid_;
};

}  // namespace mds
