// Screening: compares a part of a space, point by point, with the caps. Parts share no state, so threads may screen
// several at once; their results are joined in the order of the space.
#pragma once

#include <string>
#include <vector>

#include "search/candidate.h"
#include "search/space.h"

namespace mds {

struct Rejections {
  int64_t params = 0, macs = 0, both = 0, invalid = 0, duplicate = 0;
  int64_t total() const { return params + macs + both + invalid + duplicate; }
  void add(const Rejections& other);
};

// A count for each choice.
using Tally = std::vector<int64_t>;

struct Screened {
  int64_t total = 0;
  Rejections rejected;
  std::string first_invalid;
  Tally exists, collapses;  // points where a choice exists; points that are duplicates because it has no effect

  // Of the admitted points, in order. `points` holds them end to end: a vector per point would cost more than its data.
  std::vector<Cost> costs;
  std::vector<uint64_t> prints;
  std::vector<Point::value_type> points;
};

// Screens the points of the space that begin with `beginning`.
Screened screen(const Space& space, const Caps& caps, const Point& beginning);

}  // namespace mds
