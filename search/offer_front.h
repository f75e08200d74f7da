// The best of networks as they come: those than which none before has at least as many params for at most as many macs.
#pragma once

#include <map>

#include "search/selection.h"

namespace mds {

class OfferFront {
 public:
  void offer(const Offer& offer) {
    const Cost& cost = offer.cost;
    auto after = offers_.upper_bound(cost.macs_valid);
    if (after != offers_.begin() && std::prev(after)->second.cost.params >= cost.params) return;
    while (after != offers_.end() && after->second.cost.params <= cost.params) after = offers_.erase(after);
    offers_[cost.macs_valid] = offer;
  }

  const std::map<int64_t, Offer>& offers() const { return offers_; }  // by macs_valid

 private:
  std::map<int64_t, Offer> offers_;
};

}  // namespace mds
