// How a space splits into the levels of its networks: its first choices concern several levels, each of the others one
// level alone. The ways to make a level can then be counted apart, so that no network has to be visited.
#pragma once

#include <vector>

#include "search/space.h"

namespace mds {

struct Factors {
  size_t shared = 0;                              // the first choices, which are no level's own
  std::vector<std::vector<size_t>> own{};         // by level: indices of the choices that set and read its fields alone
  std::vector<std::vector<Constraint>> within{};  // by level: the constraints that its own choices decide
};

// The split with the fewest shared choices. It always exists: at worst all choices are shared.
Factors factors_of(const Space& space);

}  // namespace mds
