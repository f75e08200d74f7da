#include "spec/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mds {
namespace {

using Pairs = std::vector<std::pair<double, double>>;

int64_t pairs_of(int64_t n) { return n * (n - 1) / 2; }

// Pairs of elements that are equal; equal ones are neighbours.
template <class Equal>
int64_t tied_pairs(const Pairs& sorted, Equal&& equal) {
  int64_t pairs = 0, run = 1;
  for (size_t i = 1; i <= sorted.size(); ++i) {
    if (i < sorted.size() && equal(sorted[i - 1], sorted[i])) {
      ++run;
      continue;
    }
    pairs += pairs_of(run);
    run = 1;
  }
  return pairs;
}

// Sorts by the second value and returns how many pairs of neighbours a bubble sort would have exchanged.
int64_t exchanges(Pairs& pairs, Pairs& scratch, size_t begin, size_t end) {
  if (end - begin < 2) return 0;
  const size_t middle = begin + (end - begin) / 2;
  int64_t count = exchanges(pairs, scratch, begin, middle) + exchanges(pairs, scratch, middle, end);
  size_t left = begin, right = middle;
  for (size_t i = begin; i < end; ++i) {
    const bool takes_left = right == end || (left < middle && pairs[left].second <= pairs[right].second);
    if (!takes_left) count += int64_t(middle - left);
    scratch[i] = pairs[takes_left ? left++ : right++];
  }
  std::copy(scratch.begin() + int64_t(begin), scratch.begin() + int64_t(end), pairs.begin() + int64_t(begin));
  return count;
}

// The part of each value that is among the k lowest.
std::vector<double> places_of(const std::vector<double>& values, int64_t k) {
  std::vector<double> sorted = values;
  std::ranges::sort(sorted);
  const double last = sorted[size_t(k - 1)];
  const auto below = std::ranges::count_if(values, [&](double value) { return value < last; });
  const auto equal = std::ranges::count(values, last);
  std::vector<double> places;
  for (const double value : values)
    places.push_back(value < last ? 1 : value > last ? 0 : double(k - below) / double(equal));
  return places;
}

}  // namespace

std::optional<double> kendall_tau_b(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size())
    throw ConfigError("tau-b: has " + std::to_string(a.size()) + " and " + std::to_string(b.size()) +
                      " values; allowed: as many in both lists");
  Pairs pairs;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i]))
      throw ConfigError("tau-b: pair " + std::to_string(i) + " is not finite");
    pairs.emplace_back(a[i], b[i]);
  }
  std::ranges::sort(pairs);
  const int64_t all = pairs_of(int64_t(pairs.size()));
  const int64_t tied_both = tied_pairs(pairs, std::equal_to<>{});
  const int64_t tied_a = tied_pairs(pairs, [](const auto& x, const auto& y) { return x.first == y.first; });
  Pairs scratch(pairs.size());
  const int64_t opposite = exchanges(pairs, scratch, 0, pairs.size());
  const int64_t tied_b = tied_pairs(pairs, [](const auto& x, const auto& y) { return x.second == y.second; });
  const int64_t untied_a = all - tied_a, untied_b = all - tied_b;
  if (untied_a <= 0 || untied_b <= 0) return std::nullopt;
  const int64_t same_minus_opposite = all - tied_a - tied_b + tied_both - 2 * opposite;
  return double(same_minus_opposite) / std::sqrt(double(untied_a) * double(untied_b));
}

double top_k_recall(const std::vector<double>& proxy, const std::vector<double>& truth, int64_t k) {
  if (proxy.size() != truth.size() || k < 1 || k > int64_t(truth.size()))
    throw ConfigError("top-k recall: k is " + std::to_string(k) + " for lists of " + std::to_string(proxy.size()) +
                      " and " + std::to_string(truth.size()) + "; allowed: two lists of one length, and 1 to that");
  const auto found = places_of(proxy, k), wanted = places_of(truth, k);
  return std::inner_product(found.begin(), found.end(), wanted.begin(), 0.0) / double(k);
}

std::vector<std::optional<double>> tau_replicates(const std::vector<double>& a, const std::vector<double>& b,
                                                  const BootstrapIndices& rows) {
  std::vector<std::optional<double>> taus;
  for (const auto& row : rows) {
    std::vector<double> drawn_a, drawn_b;
    for (const int64_t i : row) {
      drawn_a.push_back(a[size_t(i)]);
      drawn_b.push_back(b[size_t(i)]);
    }
    taus.push_back(kendall_tau_b(drawn_a, drawn_b));
  }
  return taus;
}

}  // namespace mds
