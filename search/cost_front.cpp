#include "search/cost_front.h"

#include <algorithm>
#include <limits>

namespace mds {

// The most params of the front for at most so many macs, or -1.
int64_t CostFront::best_params(int64_t macs) const {
  const auto after = std::ranges::upper_bound(front_, macs, {}, &CostSum::macs);
  return after == front_.begin() ? -1 : std::prev(after)->params;
}

void CostFront::keep(const std::vector<CostSum>& better) {
  if (better.empty()) return;
  front_.insert(front_.end(), better.begin(), better.end());
  front_ = front_of(front_);
}

void CostFront::offer(const Sums& a, const Sums& b) {
  const Sums best_a = front_of(a), best_b = front_of(b);
  offer_best(best_a, best_b);
  if (const auto macs = least_macs_over_cap(best_a, best_b)) offer_near_cap(a, b, *macs);
}

// Params and macs of the sums with one of `best_a` rise together.
void CostFront::offer_best(const Sums& best_a, const Sums& best_b) {
  Sums better;
  for (const auto& one : best_a) {
    better.clear();
    size_t at = 0;
    int64_t best = -1;
    for (const auto& other : best_b) {
      const int64_t params = one.params + other.params, macs = one.macs + other.macs;
      if (params > caps_.params || macs > caps_.macs_valid) break;
      for (; at < front_.size() && front_[at].macs <= macs; ++at) best = front_[at].params;
      if (params > best) better.push_back(added(one, other));
    }
    keep(better);
  }
}

// A sum with a part that is not on the front of its list can be on the front of sums only where the better sums have
// too many params. It has at least the fewest macs of those.
std::optional<int64_t> CostFront::least_macs_over_cap(const Sums& best_a, const Sums& best_b) const {
  int64_t least = std::numeric_limits<int64_t>::max();
  for (const auto& one : best_a) {
    const auto over = std::ranges::upper_bound(best_b, caps_.params - one.params, {}, &CostSum::params);
    if (over != best_b.end()) least = std::min(least, one.macs + over->macs);
  }
  return least <= caps_.macs_valid ? std::optional(least) : std::nullopt;
}

// Offers the sums that have more params than the front has for so few macs.
void CostFront::offer_near_cap(const Sums& a, const Sums& b, int64_t least_macs) {
  const int64_t known = best_params(least_macs);
  Sums better;
  for (const auto& one : a) {
    auto other = std::ranges::upper_bound(b, known - one.params, {}, &CostSum::params);
    for (; other != b.end() && one.params + other->params <= caps_.params; ++other) {
      const int64_t macs = one.macs + other->macs;
      if (macs <= caps_.macs_valid && one.params + other->params > best_params(macs))
        better.push_back(added(one, *other));
    }
  }
  keep(better);
}

}  // namespace mds
