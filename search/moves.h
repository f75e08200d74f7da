// Moves in a space: a random point, a mutation, a crossing, a repair, and the point of a network. Each is a function of
// its arguments and of what it draws from `random`; a result is always a point of the space. None is uniform over
// points: options are drawn choice by choice, so that parts of a space with few points are met more often than by
// count.
//
// All of them throw a ConfigError where the constraints leave no point that a bounded search finds.
#pragma once

#include <optional>

#include "search/space.h"
#include "spec/bootstrap.h"

namespace mds {

Point random_point(const Space& space, Random& random);

// The nearest thing to `wanted` that is a point: a choice that does not exist becomes -1, one that exists and has no
// option that fits gets one at random, and where a constraint breaks, the latest choices that decide it are drawn
// again. `wanted` may have any length and any entries.
Point repaired(const Space& space, const Point& wanted, Random& random);

// One choice of the point has another option; others change only as far as repair needs it. The network differs from
// that of `point`. ConfigError where the space has no other network.
Point mutated(const Space& space, const Point& point, Random& random);

// Each choice as in one of the two, drawn with equal chances, and repaired.
Point crossed(const Space& space, const Point& a, const Point& b, Random& random);

// A point whose network equals this one; none where the space does not have it.
std::optional<Point> point_of(const Space& space, const UNetSpec& network);

}  // namespace mds
