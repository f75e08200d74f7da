// Screening: a part of a space, point by point, against the caps. Parts share nothing, so that threads may screen
// several at once; what they found is put together in the order of the space.
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

// How often something held of each choice.
using Tally = std::vector<int64_t>;

struct Screened {
  int64_t total = 0;
  Rejections rejected;
  std::string first_invalid;
  Tally exists, collapses;  // points at which a choice exists; points that its lack of effect makes another's double

  // Of the admitted, in order. Points lie one after another: a vector for each of millions would cost more than they.
  std::vector<Cost> costs;
  std::vector<uint64_t> prints;
  std::vector<Point::value_type> points;
};

// The points of the space that begin with `beginning`.
Screened screen(const Space& space, const Caps& caps, const Point& beginning);

}  // namespace mds
