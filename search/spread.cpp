#include "search/spread.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "spec/bootstrap.h"

namespace mds {

Spread::Spread(int64_t count, const Caps& caps)
    : count_(size_t(count)),
      params_cap_(double(caps.params)),
      macs_cap_(double(caps.macs_valid)),
      cells_(cells_a_side * cells_a_side) {}

void Spread::Reservoir::add(const Offer& offer, size_t most, uint64_t salt) {
  const uint64_t place = given++ < most ? kept.size() : Random(given ^ salt << 40).next() % given;
  if (place == kept.size() && place < most) return kept.push_back(offer);
  if (place < most) kept[place] = offer;
}

void Spread::offer(const Offer& offer, int64_t) {
  front_.offer(offer);
  const size_t cell = cell_of(offer.cost);
  cells_[cell].add(offer, most_in_a_cell, cell + 1);
  everywhere_.add(offer, count_, 0);
}

size_t Spread::cell_of(const Cost& cost) const {
  const auto part = [](double value, double cap) {
    return std::min(cells_a_side - 1, int64_t(value / cap * cells_a_side));
  };
  return size_t(part(double(cost.params), params_cap_) * cells_a_side + part(double(cost.macs_valid), macs_cap_));
}

// The share of choices that differ plus the distance between the costs in units of the caps.
double Spread::distance(const Offer& a, const Offer& b) const {
  double differing = 0;
  for (size_t i = 0; i < a.point.size(); ++i) differing += a.point[i] != b.point[i];
  const double params = double(a.cost.params - b.cost.params) / params_cap_,
               macs = double(a.cost.macs_valid - b.cost.macs_valid) / macs_cap_;
  return differing / double(std::max<size_t>(1, a.point.size())) + std::hypot(params, macs);
}

void Spread::move_away(std::vector<Near>& pool, const Offer& chosen) const {
  for (auto& near : pool) near.distance = std::min(near.distance, distance(near.offer, chosen));
  std::erase_if(pool, [](const Near& near) { return near.distance == 0; });  // removes `chosen` itself
}

std::vector<Offer> Spread::select(const std::vector<Offer>& chosen, int64_t) {
  std::vector<Near> front, all;
  for (const auto& [macs, offer] : front_.offers()) front.push_back({offer, HUGE_VAL});
  for (const auto& cell : cells_)
    for (const auto& offer : cell.kept) all.push_back({offer, HUGE_VAL});
  for (const auto& offer : everywhere_.kept) all.push_back({offer, HUGE_VAL});
  for (const auto& offer : chosen) move_away(front, offer), move_away(all, offer);

  std::vector<Offer> picks;
  const auto closer = [](const Near& a, const Near& b) { return a.distance < b.distance; };
  while (picks.size() < std::min(count_, most_compared) && !all.empty()) {
    const auto& pool = picks.size() % 2 == 0 && !front.empty() ? front : all;
    picks.push_back(std::max_element(pool.begin(), pool.end(), closer)->offer);
    move_away(front, picks.back());
    move_away(all, picks.back());
  }
  std::set<Point> picked;
  for (const auto& pick : picks) picked.insert(pick.point);
  for (const auto& offer : everywhere_.kept)
    if (picks.size() < count_ && picked.insert(offer.point).second) picks.push_back(offer);
  return picks;
}

}  // namespace mds
