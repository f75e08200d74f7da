#include "search/enumerate.h"

#include <algorithm>
#include <sstream>

#include "search/cost_memo.h"
#include "search/naming.h"
#include "spec/listed.h"

namespace mds {
namespace {

// Numbers already seen: open addressing, because a node for each of ten million would fit no cache and no small
// machine.
class SeenSet {
 public:
  bool insert(uint64_t value) {
    value += value == 0;
    if (2 * ++count_ > slots_.size()) grow();
    return place(value);
  }

 private:
  bool place(uint64_t value) {
    for (size_t i = value & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i] == value) return false;
      if (slots_[i] == 0) return slots_[i] = value, true;
    }
  }
  void grow() {
    std::vector<uint64_t> old(std::max<size_t>(1024, 2 * slots_.size()), 0);
    old.swap(slots_);
    for (const uint64_t value : old)
      if (value) place(value);
  }
  std::vector<uint64_t> slots_;
  size_t count_ = 0;
};

// The included networks, with what finds them among the points.
struct Included {
  std::vector<Candidate> candidates;
  std::vector<uint64_t> prints;

  Candidate* find(uint64_t print) {
    const auto it = std::find(prints.begin(), prints.end(), print);
    return it == prints.end() ? nullptr : &candidates[size_t(it - prints.begin())];
  }
};

Included included(const SpaceSpec& space, const Caps& caps) {
  Included list{candidates_of(space.include, {"the space", "include"}), {}};
  for (const auto& candidate : list.candidates) {
    if (const std::string over = over_caps(candidate.cost, caps); !over.empty())
      throw ConfigError("the included network " + candidate.name + " " + over);
    list.prints.push_back(Fingerprints().of(candidate.network));
  }
  return list;
}

}  // namespace

Enumeration enumerate(Space& space, const Caps& caps, const Pick& pick) {
  Enumeration result;
  result.pick = pick;
  CostMemo memo;
  SeenSet seen;
  Fingerprints fingerprints;
  Included first = included(space.spec(), caps);
  const int64_t room = std::max<int64_t>(0, pick.count - int64_t(first.candidates.size()));
  Selector selector({pick.selection, room, pick.seed}, caps);

  space.for_each([&](const UNetSpec& network, const Point& point) {
    ++result.total;
    Cost c;
    try {
      c = memo.cost_of(network);
    } catch (const ConfigError& error) {
      if (result.rejected.invalid++ == 0) result.first_invalid = error.what();
      return;
    }
    const bool params = c.params > caps.params, macs = c.macs_valid > caps.macs_valid;
    if (params && macs) return void(++result.rejected.both);
    if (params) return void(++result.rejected.params);
    if (macs) return void(++result.rejected.macs);
    const uint64_t print = fingerprints.of(network);
    if (!seen.insert(print)) return void(++result.rejected.duplicate);
    ++result.admitted;
    Candidate* known = first.find(print);
    if (!known) return selector.offer({c, point});
    known->choices = space.choices(point);
    selector.choose({c, point});
  });
  if (result.total > 0 && result.rejected.invalid == result.total)
    throw ConfigError("all " + std::to_string(result.total) +
                      " points of the space are invalid; the first: " + result.first_invalid);
  const auto points = int64_t(std::count_if(first.candidates.begin(), first.candidates.end(),
                                            [](const Candidate& c) { return !c.choices.empty(); }));
  const int64_t listable = result.admitted + int64_t(first.candidates.size()) - points;
  result.chosen = std::move(first.candidates);
  for (const auto& [c, point] : selector.select())
    result.chosen.push_back({space.network(point), c, space.choices(point)});
  if (int64_t(result.chosen.size()) > pick.count) result.chosen.resize(size_t(std::max<int64_t>(0, pick.count)));
  result.left_out = listable - int64_t(result.chosen.size());
  name_candidates(space.spec(), result.chosen);
  return result;
}

std::string left_out_in_words(const Enumeration& found) {
  if (found.left_out == 0) return "";
  const size_t listed = found.chosen.size();
  return std::to_string(listed) + " networks listed and " + std::to_string(found.left_out) +
         " admitted ones left out; selection " + std::string(name_of(found.pick.selection)) + ": " +
         rule_of(found.pick) + "; a count of " + std::to_string(int64_t(listed) + found.left_out) + " lists all";
}

std::string rejected_in_words(const Enumeration& found, const Caps& caps) {
  const Rejections& r = found.rejected;
  if (r.total() == 0) return "";
  std::vector<std::string> reasons;
  const auto add = [&](int64_t count, const std::string& why) {
    if (count > 0) reasons.push_back(std::to_string(count) + " " + why);
  };
  add(r.invalid, "invalid");
  add(r.params, "with too many parameters");
  add(r.macs, "with too many MACs");
  add(r.both, "with too many of both");
  add(r.duplicate, "equal to another");
  std::ostringstream text;
  text << r.total() << " rejected under the caps of " << caps.params << " parameters and " << caps.gmacs()
       << "e9 macs_valid: " << listed(reasons);
  return text.str();
}

}  // namespace mds
