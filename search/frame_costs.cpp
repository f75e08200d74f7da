#include "search/frame_costs.h"

#include "spec/bootstrap.h"

namespace mds {
namespace {

// The networks of `whole` and those that combine one of `a` with one of `b`.
void join(CostPart& whole, const CostPart& a, const CostPart& b) {
  const auto sums = added(a.sums, b.sums);
  whole.sums.insert(whole.sums.end(), sums.begin(), sums.end());
  whole.valid = add_counts(whole.valid, multiply_counts(a.valid, b.valid));
}

CostPart nothing() { return {.sums = {}, .valid = 0}; }

}  // namespace

int64_t CostPart::unique() const {
  int64_t count = 0;
  for (const auto& sum : sums) count += sum.count;
  return count;
}

FrameCosts::FrameCosts(const SpaceFrame& frame) : frame_(frame), table_(frame.levels.size()) {
  const size_t levels = frame.levels.size();
  const std::vector<int64_t> none{0};
  for (size_t level = 0; level < levels; ++level)
    for (const int64_t outer : level > 0 ? frame.levels[level - 1]->widths() : none)
      for (const int64_t inner : level + 1 < levels ? frame.levels[level + 1]->widths() : none) {
        table_[level].push_back(frame.levels[level]->priced({outer, inner}));
        for (const auto& group : table_[level].back())
          if (first_invalid_.empty()) first_invalid_ = group.first_invalid;
      }
}

const LevelWays::Priced& FrameCosts::priced(size_t level, size_t width, std::pair<size_t, size_t> outer_inner) const {
  const size_t inners = level + 1 < table_.size() ? widths(level + 1) : 1;
  return table_[level][outer_inner.first * inners + outer_inner.second][width];
}

// All ways to make the levels up to this one, of the given widths of it and of the next level.
CostPart FrameCosts::outer(size_t level, size_t width, size_t inner_width) const {
  if (level == 0) {
    const Priced& own = priced(0, width, {0, inner_width});
    return {own.sums, own.valid};
  }
  CostPart part = nothing();
  for (size_t w = 0; w < widths(level - 1); ++w) {
    const Priced& own = priced(level, width, {w, inner_width});
    join(part, outer(level - 1, w, width), {own.sums, own.valid});
  }
  part.sums = merged(std::move(part.sums));
  return part;
}

// All ways to make the levels from this one inwards, of the given widths of it and of the level around it.
CostPart FrameCosts::inner(size_t level, size_t width, size_t outer_width) const {
  if (level + 1 == table_.size()) {
    const Priced& own = priced(level, width, {outer_width, 0});
    return {own.sums, own.valid};
  }
  CostPart part = nothing();
  for (size_t w = 0; w < widths(level + 1); ++w) {
    const Priced& own = priced(level, width, {outer_width, w});
    join(part, {own.sums, own.valid}, inner(level + 1, w, width));
  }
  part.sums = merged(std::move(part.sums));
  return part;
}

void FrameCosts::for_each(const std::function<void(const CostPart&, const CostPart&)>& use) const {
  const size_t levels = table_.size(), middle = (levels + 1) / 2;
  for (size_t a = 0; a < widths(middle - 1); ++a) {
    if (middle == levels) use(outer(middle - 1, a, 0), {});
    for (size_t b = 0; middle < levels && b < widths(middle); ++b) use(outer(middle - 1, a, b), inner(middle, b, a));
  }
}

FrameCosts FrameCosts::best() const {
  FrameCosts best = *this;
  for (auto& level : best.table_)
    for (auto& neighbours : level)
      for (auto& group : neighbours) group.sums = front_of(group.sums);
  return best;
}

uint64_t FrameCosts::digest() const {
  uint64_t digest = 0;
  const auto fold = [&](int64_t value) { digest = Random(digest ^ uint64_t(value)).next(); };
  for (const auto& level : table_)
    for (const auto& neighbours : level)
      for (const auto& group : neighbours) {
        fold(group.valid);
        fold(int64_t(group.sums.size()));
        for (const auto& sum : group.sums) fold(sum.params), fold(sum.macs), fold(sum.count);
      }
  return digest;
}

}  // namespace mds
