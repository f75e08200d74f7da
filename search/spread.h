// Chooses a few of millions that differ in cost and in choices: from the front of most parameters for fewest MACs, and
// from a sample of every cell of the cost plane, in which networks of equal cost lie together.
#pragma once

#include <map>
#include <vector>

#include "search/selection.h"

namespace mds {

class Spread final : public Selector::Rule {
 public:
  Spread(int64_t count, const Caps& caps);

  void offer(const Offer& offer, int64_t n) override;
  std::vector<Offer> select(const std::vector<Offer>& chosen, int64_t offered) override;

 private:
  static constexpr int64_t cells_a_side = 24;
  static constexpr size_t most_in_a_cell = 16;
  static constexpr size_t most_compared = 2000;  // picks that are compared with all before them; later ones are drawn

  // A uniform sample of what it was given, of at most `most`, by a hash of the count, so that runs repeat.
  struct Reservoir {
    uint64_t given = 0;
    std::vector<Offer> kept{};
    void add(const Offer& offer, size_t most, uint64_t salt);
  };
  struct Near {
    Offer offer;
    double distance;  // to the nearest that was chosen
  };

  void offer_front(const Offer& offer);
  size_t cell_of(const Cost& cost) const;
  double distance(const Offer& a, const Offer& b) const;
  void move_away(std::vector<Near>& pool, const Offer& chosen) const;

  size_t count_;
  double params_cap_, macs_cap_;
  std::map<int64_t, Offer> front_;  // by macs_valid, params rising: none has more parameters for no more MACs
  std::vector<Reservoir> cells_;
  Reservoir everywhere_;  // enough for the count where all lie in few cells
};

}  // namespace mds
