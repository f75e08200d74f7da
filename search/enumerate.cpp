#include "search/enumerate.h"

#include "search/spread.h"

namespace mds {
namespace {

uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

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
    } else {
      fold(uint64_t(value));
    }
  }
  uint64_t state = 0x9e3779b97f4a7c15;

 private:
  void fold(uint64_t value) { state = mixed(state ^ (value + 0x9e3779b97f4a7c15)); }
};

// Numbers already seen: open addressing, because a node for each of ten million would not fit a cache or a small machine.
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
                        std::to_string(c.macs_valid) + " macs_valid; the caps are " + std::to_string(caps.params) + " and " +
                        std::to_string(caps.macs_valid));
    list.push_back({network, c, Json::object(), name});
  }
  return list;
}

}  // namespace

uint64_t Fingerprints::of(const UNetSpec& spec) {
  known_.resize(spec.levels.size());
  Digest digest;
  for (const int64_t value : {spec.latent_channels, spec.size, spec.text_tokens, spec.text_width, spec.time_width, spec.mid}) digest.add(value);
  for (size_t i = 0; i < spec.levels.size(); ++i) {
    Known& known = known_[i];
    if (known.digest == 0 || !(known.level == spec.levels[i])) {
      Digest level;
      level.add(canonical(spec.levels[i], i + 1 == spec.levels.size() ? spec.mid : -1));
      known = {spec.levels[i], level.state};
    }
    digest.add(known.digest);
  }
  return digest.state;
}

Cost CostMemo::cost_of(const UNetSpec& spec) {
  next_ = 0;
  total_ = {};
  walk(spec, *this);
  return total_;
}

void CostMemo::step(const StepName&, const BlockSpec& block, const Site& site, const Shape&, Link) {
  if (next_ == known_.size()) known_.push_back({block, site, cost(block, site)});
  Known& known = known_[next_++];
  if (!(known.site == site && known.block == block)) known = {block, site, cost(block, site)};
  total_ += known.cost;
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
    } catch (const ConfigError&) {
      return void(++result.rejected.invalid);
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
  if (int64_t(result.top.size()) > top) result.top.resize(size_t(std::max<int64_t>(0, top)));
  for (const auto& [c, point] : spread.select(top - int64_t(result.top.size())))
    result.top.push_back({space.network(point), c, space.choices(point), ""});
  return result;
}

}  // namespace mds
