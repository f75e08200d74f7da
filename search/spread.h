// Chooses a few of millions: a front of cost, and one candidate for each cell of the cost plane, thinned by diversity.
#pragma once

#include <map>
#include <vector>

#include "search/space.h"
#include "spec/cost.h"

namespace mds {

struct Caps;

class Spread {
 public:
  struct Entry {
    Cost cost;
    Point point;
  };

  explicit Spread(const Caps& caps);

  void offer(const Cost& cost, const Point& point);
  void choose(const Cost& cost, const Point& point) { chosen_.push_back({cost, point}); }  // counts as selected already

  // Up to `count` of the offered, alternately from the front and from the cells, farthest from what is chosen first.
  std::vector<Entry> select(int64_t count);

 private:
  static constexpr int64_t cells_a_side = 24;

  void offer_front(const Cost& cost, const Point& point);
  void offer_cell(const Cost& cost, const Point& point);
  double distance(const Entry& a, const Entry& b) const;
  std::vector<Entry>::iterator farthest(std::vector<Entry>& pool) const;

  double params_cap_, macs_cap_;
  std::map<int64_t, Entry> front_;  // by macs_valid, params rising: none has more parameters for no more MACs
  std::vector<Entry> cells_;
  std::vector<uint64_t> offered_;  // to each cell
  std::vector<Entry> chosen_;
};

}  // namespace mds
