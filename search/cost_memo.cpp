#include "search/cost_memo.h"

#include "spec/bootstrap.h"

namespace mds {
namespace {

uint64_t fold(uint64_t state, uint64_t value) { return Random(state ^ value).next(); }
constexpr uint64_t first_state = 0x9e3779b97f4a7c15;

FieldDigests digests_of(const auto& described) {
  using Struct = std::remove_cvref_t<decltype(described)>;
  FieldDigests digests;
  Struct::describe(described, [&](std::string_view, const auto& field, std::string_view, Range = {}) {
    using Field = std::remove_cvref_t<decltype(field)>;
    uint64_t& digest = digests.values.at(digests.count++);
    if constexpr (std::same_as<Field, std::vector<int64_t>>) {
      digest = fold(first_state, field.size());
      for (const int64_t element : field) digest = fold(digest, uint64_t(element));
    } else if constexpr (!std::same_as<Field, std::vector<LevelSpec>>) {
      digest = uint64_t(field);
    }
  });
  return digests;
}

uint64_t folded(const FieldDigests& digests) {
  uint64_t state = first_state;
  for (size_t i = 0; i < digests.count; ++i) state = fold(state, digests.values[i]);
  return state;
}

uint64_t differing(const FieldDigests& a, const FieldDigests& b) {
  uint64_t bits = 0;
  for (size_t i = 0; i < a.count; ++i) bits |= uint64_t(a.values[i] != b.values[i]) << i;
  return bits;
}

}  // namespace

uint64_t Fingerprints::of(const UNetSpec& spec) {
  known_.resize(spec.levels.size());
  uint64_t state = first_state;
  bool text = false;
  for (size_t i = 0; i < spec.levels.size(); ++i) {
    Known& known = known_[i];
    const int64_t mid = i + 1 == spec.levels.size() ? spec.mid : -1;
    if (known.digest == 0 || known.mid != mid || !(known.level == spec.levels[i])) {
      const FieldDigests canonic = digests_of(canonical(spec.levels[i], mid));
      known = {.level = spec.levels[i],
               .mid = mid,
               .reads_text = reads_text(spec.levels[i], mid),
               .canonic = canonic,
               .digest = folded(canonic),
               .normalised = differing(canonic, digests_of(spec.levels[i]))};
    }
    state = fold(state, known.digest);
    text |= known.reads_text;
  }
  const FieldDigests own = digests_of(spec);
  if (own_.digest == 0 || own_.reads_text != text || !(own_.fields == own)) {
    const FieldDigests canonic = digests_of(canonical(spec));
    own_ = {.fields = own, .reads_text = text, .digest = folded(canonic), .normalised = differing(canonic, own)};
  }
  return fold(state, own_.digest);
}

Cost CostMemo::cost_of(const UNetSpec& spec) {
  next_ = 0;
  total_ = {};
  walk(spec, *this);
  return total_;
}

const Cost& StepCosts::cost_of(size_t place, const BlockSpec& block, const Site& site) {
  if (place == known_.size()) known_.push_back({block, site, cost(block, site)});
  Known& known = known_.at(place);
  if (!(known.site == site && known.block == block)) known = {block, site, cost(block, site)};
  return known.cost;
}

void CostMemo::step(const StepName& name, const BlockSpec& block, const Site& site, Link) try {
  total_ += known_.cost_of(next_++, block, site);
} catch (const ConfigError& error) {
  throw ConfigError(to_string(name) + ": " + error.what());
}

}  // namespace mds
