// The networks of which none has at least as many params for at most as many macs, among all sums of two lists. It is
// exact under caps: where the best sums have too many params, the next best count.
#pragma once

#include <optional>

#include "search/cost_sums.h"

namespace mds {

class CostFront {
 public:
  explicit CostFront(const Caps& caps) : caps_(caps) {}

  // Offers all sums of one of `a`, which is merged, and one of `b`, likewise. It is fast where the front is nearly
  // done.
  void offer(const std::vector<CostSum>& a, const std::vector<CostSum>& b);

  const std::vector<CostSum>& sums() const { return front_; }  // by rising macs

 private:
  using Sums = std::vector<CostSum>;
  void offer_best(const Sums& best_a, const Sums& best_b);
  std::optional<int64_t> least_macs_over_cap(const Sums& best_a, const Sums& best_b) const;
  void offer_near_cap(const Sums& a, const Sums& b, int64_t least_macs);
  int64_t best_params(int64_t macs) const;
  void keep(const std::vector<CostSum>& better);

  Caps caps_;
  std::vector<CostSum> front_;
};

}  // namespace mds
