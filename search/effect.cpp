#include "search/effect.h"

namespace mds {
namespace {

uint64_t bit_of(const FieldPath& field) { return field.whole() ? 0 : uint64_t(1) << field.ordinal(); }

}  // namespace

EffectCheck::EffectCheck(const Space& space) : space_(space), first_(space.bases().size() > 1 ? 1 : 0), chosen_(1, 0) {
  for (const auto& choice : space.choices())
    for (const auto& field : choice.fields()) {
      chosen_.resize(std::max(chosen_.size(), size_t(field.level() + 2)));
      chosen_[size_t(field.level() + 1)] |= bit_of(field);
    }
}

std::vector<size_t> EffectCheck::collapsing(const UNetSpec& network, const Point& point, const Fingerprints& prints) {
  bool any = (chosen_[0] & prints.normalised(-1)) != 0;
  for (size_t level = 0; level < network.levels.size() && level + 1 < chosen_.size(); ++level)
    any |= (chosen_[level + 1] & prints.normalised(int64_t(level))) != 0;
  std::vector<size_t> found;
  if (!any) return found;
  const UNetSpec canonic = canonical(network);
  for (size_t i = 0; i < space_.choices().size(); ++i)
    if (point[first_ + i] >= 0 && suspected(i, prints) && collapses(i, canonic, point)) found.push_back(i);
  return found;
}

// Whether the canonical form has another value in a field that the choice sets.
bool EffectCheck::suspected(size_t choice, const Fingerprints& prints) const {
  for (const auto& field : space_.choices()[choice].fields())
    if (bit_of(field) & prints.normalised(field.level())) return true;
  return false;
}

// Whether another option at this point makes the same network and takes precedence: it is canonical, or comes earlier.
bool EffectCheck::collapses(size_t choice, const UNetSpec& canonic, Point point) const {
  auto& option = point[first_ + choice];
  const auto own = option;
  for (option = 0; size_t(option) < space_.choices()[choice].options(); ++option) {
    if (option == own || !space_.is_point(point)) continue;
    const UNetSpec other = space_.network(point);
    if (!(canonical(other) == canonic)) continue;
    Fingerprints prints;
    prints.of(other);
    if (option < own || !suspected(choice, prints)) return true;
  }
  return false;
}

}  // namespace mds
