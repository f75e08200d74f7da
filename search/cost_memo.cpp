#include "search/cost_memo.h"

#include <bit>

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

}  // namespace

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

}  // namespace mds
