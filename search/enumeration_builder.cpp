#include "search/enumeration_builder.h"

#include <algorithm>

#include "search/cost_memo.h"
#include "search/moves.h"
#include "search/naming.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

constexpr int64_t most_offered = 65'536;  // of the points of a factored space, beside its front

}  // namespace

bool SeenSet::insert(uint64_t value) {
  value += value == 0;
  if (2 * ++count_ > slots_.size()) grow();
  return place(value);
}

bool SeenSet::place(uint64_t value) {
  for (size_t i = value & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    if (slots_[i] == value) return false;
    if (slots_[i] == 0) return slots_[i] = value, true;
  }
}

void SeenSet::grow() {
  std::vector<uint64_t> old(std::max<size_t>(1024, 2 * slots_.size()), 0);
  old.swap(slots_);
  for (const uint64_t value : old)
    if (value) place(value);
}

IncludedNetworks::IncludedNetworks(const Space& space, const Caps& caps)
    : candidates_(candidates_of(space.spec().include, {space.source(), "include"})) {
  for (const auto& candidate : candidates_) {
    if (const std::string over = over_caps(candidate.cost, caps); !over.empty())
      throw ConfigError("the included network " + candidate.name + " " + over);
    prints_.push_back(Fingerprints().of(candidate.network));
  }
}

Candidate* IncludedNetworks::find(uint64_t print) {
  const auto it = std::find(prints_.begin(), prints_.end(), print);
  return it == prints_.end() ? nullptr : &candidates_[size_t(it - prints_.begin())];
}

EnumerationBuilder::EnumerationBuilder(const Space& space, const Caps& caps, const Pick& pick)
    : space_(space),
      included_(space, caps),
      selector_({pick.selection, std::max<int64_t>(0, pick.count - int64_t(included_.candidates().size())), pick.seed},
                caps) {
  result_.pick = pick;
  exists_.assign(space.choices().size(), 0);
  collapses_ = exists_;
}

void EnumerationBuilder::add(const Screened& part) {
  result_.total += part.total;
  result_.rejected.add(part.rejected);
  if (result_.first_invalid.empty()) result_.first_invalid = part.first_invalid;
  for (size_t i = 0; i < exists_.size(); ++i) {
    exists_[i] += part.exists[i];
    collapses_[i] += part.collapses[i];
  }
  const size_t width = part.costs.empty() ? 0 : part.points.size() / part.costs.size();
  Offer offered;
  for (size_t i = 0; i < part.costs.size(); ++i) {
    if (!seen_.insert(part.prints[i])) {
      ++result_.rejected.duplicate;
      continue;
    }
    const auto begin = part.points.begin() + int64_t(i * width);
    offered.cost = part.costs[i];
    offered.point.assign(begin, begin + int64_t(width));
    ++result_.admitted;
    front_.offer(offered);
    offer(offered, part.prints[i]);
  }
  result_.front = int64_t(front_.offers().size());
}

// The front is offered whole, and points whose numbers are evenly spaced and shifted at random within their step.
void EnumerationBuilder::add(const FactoredSpace& factored, const Caps& caps, const FactoredScreening& screened) {
  result_.total = screened.total;
  result_.admitted = screened.admitted;
  result_.rejected = screened.rejected;
  result_.first_invalid = screened.first_invalid;
  result_.front = int64_t(screened.front.size());
  result_.sampled = true;
  for (size_t i = 0; i < exists_.size(); ++i) exists_[i] = factored.exists(i);
  Fingerprints prints;
  const auto offer_once = [&](const Offer& offered) {
    const uint64_t print = prints.of(space_.network(offered.point));
    if (seen_.insert(print)) offer(offered, print);
  };
  for (const auto& included : included_.candidates())
    if (const auto point = point_of(space_, included.network)) offer_once({included.cost, *point});
  for (const auto& offered : screened.front) offer_once(offered);
  CostMemo memo;
  Random random(result_.pick.seed);
  const int64_t count = std::min(most_offered, factored.size()), step = factored.size() / count;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t index = i * step + random.below(step);
    if (factored.is_double(index)) continue;
    const Point point = factored.decode(index);
    try {
      const Cost cost = memo.cost_of(space_.network(point));
      if (over_caps(cost, caps).empty()) offer_once({cost, point});
    } catch (const ConfigError&) {
      continue;  // counted as invalid
    }
  }
  selector_.stand_for(screened.admitted);
}

void EnumerationBuilder::offer(const Offer& offer, uint64_t print) {
  Candidate* known = included_.find(print);
  if (!known) return selector_.offer(offer);
  ++included_points_;
  known->choices = space_.choices(offer.point);
  selector_.choose(offer);
}

Enumeration EnumerationBuilder::finish() {
  check_points();
  auto& chosen = result_.chosen = std::move(included_.candidates());
  const int64_t listable = result_.admitted + int64_t(chosen.size()) - included_points_;
  for (const auto& [cost, point] : selector_.select()) chosen.push_back(candidate_at(cost, point));
  if (int64_t(chosen.size()) > result_.pick.count) chosen.resize(size_t(std::max<int64_t>(0, result_.pick.count)));
  result_.left_out = listable - int64_t(chosen.size());
  name_candidates(space_.spec(), chosen);
  take_notes();
  return std::move(result_);
}

// A point that equals one of the bases has the base's name.
Candidate EnumerationBuilder::candidate_at(const Cost& cost, const Point& point) const {
  Candidate candidate{.network = space_.network(point), .cost = cost, .choices = space_.choices(point)};
  const auto names = bases_of(space_.spec());
  for (size_t i = 0; i < names.size(); ++i)
    if (canonical(candidate.network) == canonical(space_.bases()[i])) candidate.name = short_name_of(names[i]);
  return candidate;
}

void EnumerationBuilder::check_points() const {
  if (result_.total == 0) throw ConfigError(space_.source() + ": constraints leave no point of the space");
  if (result_.rejected.invalid == result_.total)
    throw ConfigError("all " + std::to_string(result_.total) +
                      " points of the space are invalid; the first: " + result_.first_invalid);
}

void EnumerationBuilder::take_notes() {
  for (size_t i = 0; i < exists_.size(); ++i) {
    const std::string choice = "the choice \"" + space_.choices()[i].name() + "\" ";
    if (exists_[i] == 0) result_.notes.push_back(choice + "exists at no point; its condition never holds");
    if (collapses_[i] > 0)
      result_.notes.push_back(choice + "has no effect at " + std::to_string(collapses_[i]) + " of the " +
                              std::to_string(exists_[i]) + " points where it exists; they are counted as duplicate");
  }
}

}  // namespace mds
