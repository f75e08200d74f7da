#include "search/enumerate.h"

#include <algorithm>
#include <deque>
#include <future>
#include <sstream>

#include "search/cost_memo.h"
#include "search/naming.h"
#include "spec/listed.h"
#include "spec/processors.h"

namespace mds {
namespace {

constexpr size_t parts_wanted = 256;

// The hashes already seen. Open addressing, because a node for each of ten million hashes would not fit into a cache or
// a small machine.
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

// The included networks of the space, each also found by its hash when a point turns out to be that network.
class Known {
 public:
  Known(const Space& space, const Caps& caps)
      : candidates_(candidates_of(space.spec().include, {space.source(), "include"})) {
    for (const auto& candidate : candidates_) {
      if (const std::string over = over_caps(candidate.cost, caps); !over.empty())
        throw ConfigError("the included network " + candidate.name + " " + over);
      prints_.push_back(Fingerprints().of(candidate.network));
    }
  }

  Candidate* find(uint64_t print) {
    const auto it = std::find(prints_.begin(), prints_.end(), print);
    return it == prints_.end() ? nullptr : &candidates_[size_t(it - prints_.begin())];
  }
  std::vector<Candidate>& candidates() { return candidates_; }

 private:
  std::vector<Candidate> candidates_;
  std::vector<uint64_t> prints_;
};

// Joins the screened parts in the order of the space.
class Collection {
 public:
  Collection(const Space& space, const Caps& caps, const Pick& pick)
      : space_(space),
        known_(space, caps),
        selector_({pick.selection, std::max<int64_t>(0, pick.count - int64_t(known_.candidates().size())), pick.seed},
                  caps) {
    result_.pick = pick;
    exists_.assign(space.choices().size(), 0);
    collapses_ = exists_;
  }

  void add(const Screened& part) {
    result_.total += part.total;
    result_.rejected.add(part.rejected);
    if (result_.first_invalid.empty()) result_.first_invalid = part.first_invalid;
    for (size_t i = 0; i < exists_.size(); ++i) {
      exists_[i] += part.exists[i];
      collapses_[i] += part.collapses[i];
    }
    const size_t width = part.costs.empty() ? 0 : part.points.size() / part.costs.size();
    for (size_t i = 0; i < part.costs.size(); ++i) {
      if (!seen_.insert(part.prints[i])) {
        ++result_.rejected.duplicate;
        continue;
      }
      const auto begin = part.points.begin() + int64_t(i * width);
      offer_.cost = part.costs[i];
      offer_.point.assign(begin, begin + int64_t(width));
      admit(part.prints[i]);
    }
  }

  int64_t total() const { return result_.total; }

  Enumeration finish() {
    check_points();
    auto& chosen = result_.chosen = std::move(known_.candidates());
    const int64_t listable = result_.admitted + int64_t(chosen.size()) - known_points_;
    for (const auto& [cost, point] : selector_.select()) chosen.push_back(candidate_at(cost, point));
    if (int64_t(chosen.size()) > result_.pick.count) chosen.resize(size_t(std::max<int64_t>(0, result_.pick.count)));
    result_.left_out = listable - int64_t(chosen.size());
    name_candidates(space_.spec(), chosen);
    take_notes();
    return std::move(result_);
  }

 private:
  void admit(uint64_t print) {
    ++result_.admitted;
    Candidate* known = known_.find(print);
    if (!known) return selector_.offer(offer_);
    ++known_points_;
    known->choices = space_.choices(offer_.point);
    selector_.choose(offer_);
  }

  // A point that equals one of the bases has the base's name.
  Candidate candidate_at(const Cost& cost, const Point& point) const {
    Candidate candidate{.network = space_.network(point), .cost = cost, .choices = space_.choices(point)};
    const auto names = bases_of(space_.spec());
    for (size_t i = 0; i < names.size(); ++i)
      if (canonical(candidate.network) == canonical(space_.bases()[i])) candidate.name = short_name_of(names[i]);
    return candidate;
  }

  void check_points() const {
    if (result_.total == 0) throw ConfigError(space_.source() + ": constraints leave no point of the space");
    if (result_.rejected.invalid == result_.total)
      throw ConfigError("all " + std::to_string(result_.total) +
                        " points of the space are invalid; the first: " + result_.first_invalid);
  }

  void take_notes() {
    for (size_t i = 0; i < exists_.size(); ++i) {
      const std::string choice = "the choice \"" + space_.choices()[i].name() + "\" ";
      if (exists_[i] == 0) result_.notes.push_back(choice + "exists at no point; its condition never holds");
      if (collapses_[i] > 0)
        result_.notes.push_back(choice + "has no effect at " + std::to_string(collapses_[i]) + " of the " +
                                std::to_string(exists_[i]) + " points where it exists; they are counted as duplicate");
    }
  }

  const Space& space_;
  Known known_;
  Selector selector_;
  Enumeration result_;
  SeenSet seen_;
  Tally exists_, collapses_;
  int64_t known_points_ = 0;
  Offer offer_;
};

}  // namespace

// Other threads screen parts ahead of the one that is joined here, but not so many that memory would run out.
Enumeration enumerate(const Space& space, const Caps& caps, const Pick& pick, const Screening& screening) {
  Collection collection(space, caps, pick);
  const auto parts = space.beginnings(parts_wanted);
  const auto threads = size_t(screening.threads > 0 ? screening.threads : usable_processors());
  std::deque<std::future<Screened>> ahead;
  const auto policy = threads > 1 ? std::launch::async : std::launch::deferred;
  for (size_t started = 0, done = 0; done < parts.size(); ++done) {
    for (; started < parts.size() && ahead.size() < threads; ++started)
      ahead.push_back(
          std::async(policy, [&space, &caps, &part = parts[started]] { return screen(space, caps, part); }));
    const Screened part = ahead.front().get();
    ahead.pop_front();
    collection.add(part);
    if (screening.progress) screening.progress(collection.total(), double(done + 1) / double(parts.size()));
  }
  return collection.finish();
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
