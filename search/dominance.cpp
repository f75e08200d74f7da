#include "search/dominance.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace mds {

bool dominates(const Objectives& a, const Objectives& b) {
  bool better = false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

std::vector<int64_t> fronts_of(const std::vector<Objectives>& values) {
  constexpr int64_t unknown = -1;
  std::vector<int64_t> fronts(values.size(), unknown);
  for (int64_t front = 0; std::ranges::count(fronts, unknown) > 0; ++front) {
    const auto beaten = [&](size_t i) {
      for (size_t j = 0; j < values.size(); ++j)
        if ((fronts[j] == unknown || fronts[j] == front) && dominates(values[j], values[i])) return true;
      return false;
    };
    for (size_t i = 0; i < values.size(); ++i)
      if (fronts[i] == unknown && !beaten(i)) fronts[i] = front;
  }
  return fronts;
}

std::vector<double> mean_ranks(const std::vector<Objectives>& values) {
  std::vector<double> means;
  for (const auto& one : values) {
    int64_t doubled = 0;  // sum of twice the ranks, which are whole
    for (size_t objective = 0; objective < one.size(); ++objective) {
      ++doubled;
      for (const auto& other : values)
        doubled += (other[objective] < one[objective]) + (other[objective] <= one[objective]);
    }
    means.push_back(0.5 * double(doubled) / double(one.size()));
  }
  return means;
}

std::vector<double> crowding_distances(const std::vector<Objectives>& values) {
  std::vector<double> distances(values.size(), 0);
  if (values.empty()) return distances;
  std::vector<size_t> order(values.size());
  for (size_t objective = 0; objective < values.front().size(); ++objective) {
    std::iota(order.begin(), order.end(), size_t(0));
    std::ranges::stable_sort(order, {}, [&](size_t i) { return values[i][objective]; });
    const double range = values[order.back()][objective] - values[order.front()][objective];
    if (range <= 0) continue;
    distances[order.front()] = distances[order.back()] = std::numeric_limits<double>::infinity();
    for (size_t i = 1; i + 1 < order.size(); ++i)
      distances[order[i]] += (values[order[i + 1]][objective] - values[order[i - 1]][objective]) / range;
  }
  return distances;
}

}  // namespace mds
