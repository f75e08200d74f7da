#include "search/spread.h"

#include <algorithm>
#include <cmath>

#include "search/enumerate.h"

namespace mds {

Spread::Spread(const Caps& caps)
    : params_cap_(double(caps.params)), macs_cap_(double(caps.macs_valid)),
      cells_(cells_a_side * cells_a_side), offered_(cells_a_side * cells_a_side) {}

void Spread::offer(const Cost& cost, const Point& point) {
  offer_front(cost, point);
  offer_cell(cost, point);
}

void Spread::offer_front(const Cost& cost, const Point& point) {
  auto after = front_.upper_bound(cost.macs_valid);
  if (after != front_.begin() && std::prev(after)->second.cost.params >= cost.params) return;
  while (after != front_.end() && after->second.cost.params <= cost.params) after = front_.erase(after);
  front_[cost.macs_valid] = {cost, point};
}

// Keeps each of a cell's n offers with probability 1 / n, by a hash of the count, so that runs repeat.
void Spread::offer_cell(const Cost& cost, const Point& point) {
  const auto part = [](double value, double cap) {
    return std::min(cells_a_side - 1, int64_t(value / cap * cells_a_side));
  };
  const size_t cell =
      size_t(part(double(cost.params), params_cap_) * cells_a_side + part(double(cost.macs_valid), macs_cap_));
  const uint64_t n = ++offered_[cell];
  const uint64_t draw = (n * 0x9e3779b97f4a7c15 ^ cell * 0xbf58476d1ce4e5b9) * 0x94d049bb133111eb >> 32;
  if (draw % n == 0) cells_[cell] = {cost, point};
}

// Share of choices that differ, plus how far apart the costs lie in units of the caps.
double Spread::distance(const Entry& a, const Entry& b) const {
  double differing = 0;
  for (size_t i = 0; i < a.point.size(); ++i) differing += a.point[i] != b.point[i];
  const double params = double(a.cost.params - b.cost.params) / params_cap_,
               macs = double(a.cost.macs_valid - b.cost.macs_valid) / macs_cap_;
  return differing / double(a.point.size()) + std::hypot(params, macs);
}

std::vector<Spread::Entry>::iterator Spread::farthest(std::vector<Entry>& pool) const {
  const auto nearest_chosen = [&](const Entry& entry) {
    double nearest = HUGE_VAL;
    for (const auto& other : chosen_) nearest = std::min(nearest, distance(entry, other));
    return nearest;
  };
  auto best = pool.begin();
  double best_distance = -1;
  for (auto it = pool.begin(); it != pool.end(); ++it)
    if (const double d = nearest_chosen(*it); d > best_distance) best = it, best_distance = d;
  return best;
}

std::vector<Spread::Entry> Spread::select(int64_t count) {
  std::vector<Entry> front, cells, selected;
  for (const auto& [macs, entry] : front_) front.push_back(entry);
  for (const auto& entry : cells_)
    if (!entry.point.empty()) cells.push_back(entry);
  for (bool from_front = true; int64_t(selected.size()) < count && !(front.empty() && cells.empty());
       from_front = !from_front) {
    auto& pool = (from_front && !front.empty()) || cells.empty() ? front : cells;
    const auto it = farthest(pool);
    const bool known =
        std::any_of(chosen_.begin(), chosen_.end(), [&](const Entry& e) { return e.point == it->point; });
    if (!known) {
      chosen_.push_back(*it);
      selected.push_back(*it);
    }
    pool.erase(it);
  }
  return selected;
}

}  // namespace mds
