#include "search/level_ways.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

namespace mds {
namespace {

constexpr size_t most_ways = size_t(1) << 20;

// Adds up the cost of one level's steps. Consecutive networks have most steps in common.
class LevelCost final : public StepSink {
 public:
  LevelCost(size_t level, size_t levels) : level_(level), innermost_(levels - 1) {}

  Cost of(const UNetSpec& network) {
    next_ = 0;
    total_ = {};
    walk(network, *this);
    return total_;
  }

  void step(const StepName& name, const BlockSpec& block, const Site& site, Link) override {
    if (owner(name) != level_) return;
    total_ += known_.cost_of(next_++, block, site);
  }

 private:
  // Steps outside the levels count as the outermost's.
  size_t owner(const StepName& name) const {
    if (name.level > 0) return size_t(name.level) - 1;
    return std::string_view(name.side) == "mid" ? innermost_ : 0;
  }

  size_t level_, innermost_, next_ = 0;
  StepCosts known_;
  Cost total_;
};

// A level with as few steps as possible that is a neighbour of this width.
LevelSpec bare(int64_t width) { return {.width = width, .down = {}, .up = {0}}; }

// The values that each field takes, as long as they are few.
class FieldValues {
 public:
  void add(const FieldDigests& fields) {
    values_.resize(fields.count);
    many_.resize(fields.count);
    for (size_t i = 0; i < fields.count; ++i) {
      if (many_[i] || (last_.count > 0 && fields.values[i] == last_.values[i])) continue;
      values_[i].insert(fields.values[i]);
      many_[i] = values_[i].size() > most;
    }
    last_ = fields;
  }

  std::vector<std::set<uint64_t>> finish() {
    for (size_t i = 0; i < values_.size(); ++i)
      if (many_[i]) values_[i].clear();
    return std::move(values_);
  }

 private:
  static constexpr size_t most = 64;
  std::vector<std::set<uint64_t>> values_;
  std::vector<bool> many_;
  FieldDigests last_;
};

bool have_common(const std::set<uint64_t>& a, const std::set<uint64_t>& b) {
  return std::ranges::any_of(a, [&](uint64_t value) { return b.contains(value); });
}

}  // namespace

int64_t LevelWays::Priced::unique() const {
  int64_t count = 0;
  for (const auto& sum : sums) count += sum.count;
  return count;
}

LevelWays::LevelWays(const Space& space, const Factors& factors, const Space::Partway& frame, size_t level)
    : space_(space), frame_(frame), level_(level) {
  if (level < factors.own.size()) {
    choices_ = factors.own[level];
    within_ = factors.within[level];
  }
  std::vector<int64_t> widths;
  Fingerprints prints;
  std::unordered_set<uint64_t> seen;
  FieldValues values;
  for_each([&](const UNetSpec& network, const Point& point) {
    for (const size_t choice : choices_) options_.push_back(point[space_.first() + choice]);
    if (widths.size() == most_ways) throw std::length_error("more than " + std::to_string(most_ways) + " ways");
    widths.push_back(network.levels[level_].width);
    double_.push_back(!seen.insert(prints.of(network)).second);
    values.add(prints.canonical_fields(level_));
  });
  values_ = values.finish();
  widths_ = widths;
  std::ranges::sort(widths_);
  widths_.erase(std::unique(widths_.begin(), widths_.end()), widths_.end());
  for (const int64_t width : widths)
    width_.push_back(uint16_t(std::ranges::lower_bound(widths_, width) - widths_.begin()));
}

// The frame's network with bare levels around this one.
UNetSpec LevelWays::probe(const Neighbours& neighbours) const {
  UNetSpec probe = frame_.network;
  for (size_t i = 0; i < probe.levels.size(); ++i)
    if (i != level_) probe.levels[i] = bare(i + 1 == level_ ? neighbours.outer : neighbours.inner);
  return probe;
}

void LevelWays::for_each(const Space::Visit& visit) const {
  space_.for_each_way(frame_, choices_, [&](const UNetSpec& network, const Point& point) {
    if (std::ranges::all_of(within_, [&](const Constraint& constraint) { return constraint.holds(network); }))
      visit(network, point);
  });
}

std::vector<LevelWays::Priced> LevelWays::priced(const Neighbours& neighbours) const {
  std::vector<Priced> priced(widths_.size());
  UNetSpec network = probe(neighbours);
  LevelCost costs(level_, network.levels.size());
  uint32_t way = 0;
  for_each([&](const UNetSpec& made, const Point&) {
    network.levels[level_] = made.levels[level_];
    const uint32_t here = way++;
    Priced& group = priced[width_[here]];
    ++group.ways;
    try {
      const Cost cost = costs.of(network);
      ++group.valid;
      if (double_[here]) return;
      group.sums.push_back({.params = cost.params, .macs = cost.macs_valid});
      group.sums.back().ways[level_] = here;
    } catch (const ConfigError& error) {
      if (group.first_invalid.empty()) group.first_invalid = error.what();
    }
  });
  for (auto& group : priced) group.sums = merged(std::move(group.sums));
  return priced;
}

bool LevelWays::may_equal(const LevelWays& other) const {
  for (size_t i = 0; i < std::min(values_.size(), other.values_.size()); ++i)
    if (!values_[i].empty() && !other.values_[i].empty() && !have_common(values_[i], other.values_[i])) return false;
  return true;
}

bool LevelWays::exists(size_t choice) const {
  const auto own = std::ranges::find(choices_, choice);
  if (own == choices_.end()) return false;
  for (size_t i = size_t(own - choices_.begin()); i < options_.size(); i += choices_.size())
    if (options_[i] >= 0) return true;
  return false;
}

void LevelWays::apply(size_t way, Space::Partway& to) const {
  for (size_t i = 0; i < choices_.size(); ++i) {
    const auto option = to.point[space_.first() + choices_[i]] = options_[way * choices_.size() + i];
    if (option >= 0) space_.choices()[choices_[i]].set(to.network, size_t(option));
  }
}

}  // namespace mds
