#include "search/enumerate.h"

#include <bit>
#include <cmath>

#include "search/spread.h"
#include "spec/bootstrap.h"

namespace mds {
namespace {

// Folds every described field of a spec into one number.
class Digest {
 public:
  void add(const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (Described<Value>) {
      Value::describe(value, [this](std::string_view, const auto& field, std::string_view, Range = {}) { add(field); });
    } else if constexpr (requires { value.begin(); }) {
      fold(value.size());
      for (const auto& element : value) add(element);
    } else if constexpr (std::same_as<Value, double>) {
      fold(std::bit_cast<uint64_t>(value));
    } else {
      fold(uint64_t(value));
    }
  }
  uint64_t state = 0x9e3779b97f4a7c15;

 private:
  void fold(uint64_t value) { state = Random(state ^ value).next(); }
};

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

std::vector<Candidate> included(const Space& space, const Caps& caps) {
  std::vector<Candidate> list;
  for (const auto& name : space.include()) {
    const UNetSpec network = load_unet(name);
    const Cost c = cost(make_plan(network));
    if (c.params > caps.params || c.macs_valid > caps.macs_valid)
      throw ConfigError("the included network " + name + " has " + std::to_string(c.params) + " parameters and " +
                        std::to_string(c.macs_valid) + " macs_valid; the caps are " + std::to_string(caps.params) +
                        " and " + std::to_string(caps.macs_valid));
    list.push_back({network, c, Json::object(), name});
  }
  return list;
}

}  // namespace

Caps caps_of(int64_t max_params, double max_gmacs) {
  require_within("--max-params", max_params, max_params_range);
  require_within("--max-gmacs", max_gmacs, max_gmacs_range);
  return {.params = max_params, .macs_valid = std::llround(max_gmacs * 1e9)};
}

uint64_t Fingerprints::of(const UNetSpec& spec) {
  known_.resize(spec.levels.size());
  Digest digest;
  bool text = false;
  for (size_t i = 0; i < spec.levels.size(); ++i) {
    Known& known = known_[i];
    const int64_t mid = i + 1 == spec.levels.size() ? spec.mid : -1;
    if (known.digest == 0 || known.mid != mid || !(known.level == spec.levels[i])) {
      Digest level;
      level.add(canonical(spec.levels[i], mid));
      known = {spec.levels[i], mid, reads_text(spec.levels[i], mid), level.state};
    }
    digest.add(known.digest);
    text |= known.reads_text;
  }
  UNetSpec::describe(spec, [&](std::string_view name, const auto& field, std::string_view, Range = {}) {
    const bool unread = !text && name.starts_with("text_");
    if constexpr (!std::same_as<decltype(field), const std::vector<LevelSpec>&>)
      if (!unread) digest.add(field);
  });
  return digest.state;
}

Cost CostMemo::cost_of(const UNetSpec& spec) {
  next_ = 0;
  total_ = {};
  walk(spec, *this);
  return total_;
}

void CostMemo::step(const StepName& name, const BlockSpec& block, const Site& site, Link) try {
  if (next_ == known_.size()) known_.push_back({block, site, cost(block, site)});
  Known& known = known_[next_++];
  if (!(known.site == site && known.block == block)) known = {block, site, cost(block, site)};
  total_ += known.cost;
} catch (const ConfigError& error) {
  throw ConfigError(to_string(name) + ": " + error.what());
}

Enumeration enumerate(Space& space, const Caps& caps, int64_t top) {
  Enumeration result;
  CostMemo memo;
  SeenSet seen;
  Fingerprints fingerprints;
  Spread spread(caps);
  result.top = included(space, caps);
  std::vector<uint64_t> included_prints;
  for (const auto& candidate : result.top) included_prints.push_back(Fingerprints().of(candidate.network));

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
    const auto known = std::find(included_prints.begin(), included_prints.end(), print);
    if (known == included_prints.end()) return spread.offer(c, point);
    auto& candidate = result.top[size_t(known - included_prints.begin())];
    candidate.choices = space.choices(point);
    spread.choose(c, point);
  });
  if (result.rejected.invalid == result.total)
    throw ConfigError("all " + std::to_string(result.total) +
                      " points of the space are invalid; the first: " + result.first_invalid);
  if (int64_t(result.top.size()) > top) result.top.resize(size_t(std::max<int64_t>(0, top)));
  for (const auto& [c, point] : spread.select(top - int64_t(result.top.size())))
    result.top.push_back({space.network(point), c, space.choices(point), ""});
  return result;
}

}  // namespace mds
