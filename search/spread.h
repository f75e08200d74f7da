// Selects a few of millions of networks that differ in cost and choices: from the front of most parameters for fewest
// MACs, and from samples of all cells of the cost plane. A cell holds networks of similar cost.
#pragma once

#include <vector>

#include "search/offer_front.h"

namespace mds {

class Spread final : public Selector::Rule {
 public:
  Spread(int64_t count, const Caps& caps);

  void offer(const Offer& offer, int64_t n) override;
  std::vector<Offer> select(const std::vector<Offer>& chosen, int64_t offered) override;

 private:
  static constexpr int64_t cells_a_side = 24;
  static constexpr size_t most_in_a_cell = 16;
  static constexpr size_t most_compared = 2000;  // later picks are drawn at random, without comparing

  // A uniform sample of at most `most` of the offers. It is drawn by a hash of their count, so that runs repeat.
  struct Reservoir {
    uint64_t given = 0;
    std::vector<Offer> kept{};
    void add(const Offer& offer, size_t most, uint64_t salt);
  };
  struct Near {
    Offer offer;
    double distance;  // to the nearest network chosen so far
  };

  size_t cell_of(const Cost& cost) const;
  double distance(const Offer& a, const Offer& b) const;
  void move_away(std::vector<Near>& pool, const Offer& chosen) const;

  size_t count_;
  double params_cap_, macs_cap_;
  OfferFront front_;
  std::vector<Reservoir> cells_;
  Reservoir everywhere_;  // fills the list where most networks lie in few cells
};

}  // namespace mds
