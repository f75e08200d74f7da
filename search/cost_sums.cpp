#include "search/cost_sums.h"

#include <algorithm>
#include <tuple>

namespace mds {
namespace {

// Numbers of things at ranks, which can leave, and how many are left below a rank (a Fenwick tree).
class Ranked {
 public:
  explicit Ranked(size_t ranks) : tree_(ranks + 1, 0) {}
  void add(size_t rank, int64_t count) {
    for (size_t i = rank + 1; i < tree_.size(); i += i & -i) tree_[i] += count;
  }
  int64_t below(size_t rank) const {
    int64_t sum = 0;
    for (size_t i = rank; i > 0; i -= i & -i) sum += tree_[i];
    return sum;
  }

 private:
  std::vector<int64_t> tree_;
};

struct Weighted {
  int64_t value, count;
};

std::vector<Weighted> sorted_by(const std::vector<CostSum>& sums, int64_t CostSum::* value) {
  std::vector<Weighted> found;
  found.reserve(sums.size());
  for (const auto& sum : sums) found.push_back({sum.*value, sum.count});
  std::ranges::sort(found, {}, &Weighted::value);
  return found;
}

int64_t pairs_up_to(const std::vector<Weighted>& a, const std::vector<Weighted>& b, int64_t limit) {
  int64_t pairs = 0, under = 0;
  for (const auto& other : b) under += other.count;
  size_t end = b.size();
  for (const auto& one : a) {
    for (; end > 0 && one.value + b[end - 1].value > limit; --end) under -= b[end - 1].count;
    pairs += one.count * under;
  }
  return pairs;
}

// As params of `a` rise, those of `b` that still fit become fewer; the tree holds them by their macs.
int64_t pairs_under_both(const std::vector<CostSum>& a, const std::vector<CostSum>& b, const Caps& caps) {
  std::vector<int64_t> macs;
  macs.reserve(b.size());
  for (const auto& sum : b) macs.push_back(sum.macs);
  std::ranges::sort(macs);
  const auto rank = [&](int64_t value) { return size_t(std::ranges::lower_bound(macs, value) - macs.begin()); };
  Ranked fitting(macs.size());
  for (const auto& sum : b) fitting.add(rank(sum.macs), sum.count);
  int64_t pairs = 0;
  size_t end = b.size();
  for (const auto& one : a) {
    for (; end > 0 && one.params + b[end - 1].params > caps.params; --end)
      fitting.add(rank(b[end - 1].macs), -b[end - 1].count);
    if (end == 0) break;
    pairs += one.count * fitting.below(rank(caps.macs_valid - one.macs + 1));
  }
  return pairs;
}

}  // namespace

std::vector<CostSum> merged(std::vector<CostSum> sums) {
  const auto key = [](const CostSum& sum) { return std::tuple(sum.params, sum.macs, sum.ways); };
  std::ranges::sort(sums, {}, key);
  size_t kept = 0;
  for (size_t i = 0; i < sums.size(); ++i) {
    if (kept > 0 && sums[kept - 1].params == sums[i].params && sums[kept - 1].macs == sums[i].macs)
      sums[kept - 1].count += sums[i].count;
    else
      sums[kept++] = sums[i];
  }
  sums.resize(kept);
  return sums;
}

CostSum added(const CostSum& a, const CostSum& b) {
  CostSum sum{.params = a.params + b.params, .macs = a.macs + b.macs, .count = a.count * b.count};
  for (size_t i = 0; i < sum.ways.size(); ++i) sum.ways[i] = a.ways[i] + b.ways[i];
  return sum;
}

std::vector<CostSum> added(const std::vector<CostSum>& a, const std::vector<CostSum>& b) {
  std::vector<CostSum> sums;
  sums.reserve(a.size() * b.size());
  for (const auto& one : a)
    for (const auto& other : b) sums.push_back(added(one, other));
  return merged(std::move(sums));
}

AdmittedPairs admitted_pairs(const std::vector<CostSum>& a, const std::vector<CostSum>& b, const Caps& caps) {
  return {pairs_up_to(sorted_by(a, &CostSum::params), sorted_by(b, &CostSum::params), caps.params),
          pairs_up_to(sorted_by(a, &CostSum::macs), sorted_by(b, &CostSum::macs), caps.macs_valid),
          pairs_under_both(a, b, caps)};
}

std::vector<CostSum> front_of(const std::vector<CostSum>& sums) {
  std::vector<const CostSum*> by_macs;
  for (const auto& sum : sums) by_macs.push_back(&sum);
  std::ranges::sort(by_macs, {}, [](const CostSum* sum) { return std::tuple(sum->macs, -sum->params, sum->ways); });
  std::vector<CostSum> front;
  for (const auto* sum : by_macs)
    if (front.empty() || sum->params > front.back().params) front.push_back(*sum);
  return front;
}

}  // namespace mds
