// Finds points that are the same network because a field that a choice sets has no effect there: the kernel of full
// convolutions, the heads of a network without attention.
#pragma once

#include <vector>

#include "search/cost_memo.h"
#include "search/space.h"

namespace mds {

// Of the options of a choice that make the same network at a point, one is kept: the one whose value is that of the
// canonical form, else the first.
class EffectCheck {
 public:
  explicit EffectCheck(const Space& space);

  // The choices that make this point the same network as another point, which is kept. `prints` must have seen this
  // network last.
  std::vector<size_t> collapsing(const UNetSpec& network, const Point& point, const Fingerprints& prints);

 private:
  bool suspected(size_t choice, const Fingerprints& prints) const;
  bool collapses(size_t choice, const UNetSpec& canonic, Point point) const;

  const Space& space_;
  size_t first_;
  std::vector<uint64_t> chosen_;  // fields that choices set, as bits like Fingerprints::normalised, network first
};

}  // namespace mds
