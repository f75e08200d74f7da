// Screening of a factored space: all points are counted under caps and the exact front is found, without visiting any.
#pragma once

#include "search/factored_space.h"
#include "search/screen.h"
#include "search/selection.h"

namespace mds {

struct FactoredScreening {
  int64_t total = 0, admitted = 0;
  Rejections rejected{};  // every point that is the same network as another is a duplicate, under the caps or not
  std::string first_invalid{};
  std::vector<Offer> front{};  // of the admitted: most params for fewest macs, by rising macs
};

FactoredScreening screen(const FactoredSpace& space, const Caps& caps, int threads);

}  // namespace mds
