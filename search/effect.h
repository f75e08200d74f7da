// Points that are the same network because a field that a choice sets has no effect there: a kernel where convolutions
// are full, heads where nothing attends.
#pragma once

#include <vector>

#include "search/cost_memo.h"
#include "search/space.h"

namespace mds {

// Of the options of a choice that make the same network at a point, one stays: that which is written as the canonical
// form has it, else the first.
class EffectCheck {
 public:
  explicit EffectCheck(const Space& space);

  // The choices because of which this point is the same network as another that stays. `prints` has just seen the
  // network.
  std::vector<size_t> collapsing(const UNetSpec& network, const Point& point, const Fingerprints& prints);

 private:
  bool suspected(size_t choice, const Fingerprints& prints) const;
  bool collapses(size_t choice, const UNetSpec& canonic, Point point) const;

  const Space& space_;
  size_t first_;
  std::vector<uint64_t> chosen_;  // fields that choices set, as Fingerprints::normalised has them; the network's first
};

}  // namespace mds
