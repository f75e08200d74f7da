#include "search/factors.h"

#include <algorithm>
#include <optional>

namespace mds {
namespace {

// The level whose fields alone the choice sets.
std::optional<size_t> level_of(const Choice& choice) {
  const int64_t level = choice.fields().front().level();
  const bool alone = std::ranges::all_of(
      choice.fields(), [&](const FieldPath& field) { return field.is_of_level() && field.level() == level; });
  return alone ? std::optional(size_t(level)) : std::nullopt;
}

bool depends(const Choice& choice, const Choice& earlier) {
  return std::ranges::any_of(earlier.fields(), [&](const FieldPath& field) { return choice.reads(field); });
}

bool reads(const Constraint& constraint, const Choice& choice) {
  return std::ranges::any_of(choice.fields(), [&](const FieldPath& field) { return constraint.reads(field); });
}

class Split {
 public:
  explicit Split(const Space& space) : choices_(space.choices()) {
    for (size_t i = 0; i < choices_.size(); ++i)
      if (!level_of(choices_[i])) share(i);
    for (size_t i = 0; i < choices_.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        if (depends(choices_[i], choices_[j]) && level_of(choices_[i]) != level_of(choices_[j])) share(j);
    for (const auto& decided : space.constraints())
      for (const auto& constraint : decided) share_across(constraint);
  }

  Factors finish(const Space& space) {
    for (size_t i = factors_.shared; i < choices_.size(); ++i) {
      const size_t level = *level_of(choices_[i]);
      if (factors_.own.size() <= level) factors_.own.resize(level + 1);
      factors_.own[level].push_back(i);
    }
    factors_.within.resize(factors_.own.size());
    for (const auto& decided : space.constraints())
      for (const auto& constraint : decided)
        for (size_t level = 0; level < factors_.own.size(); ++level)
          if (reads_one_of(constraint, factors_.own[level])) factors_.within[level].push_back(constraint);
    return std::move(factors_);
  }

 private:
  void share(size_t choice) { factors_.shared = std::max(factors_.shared, choice + 1); }

  // All choices up to the last one that is of another level than a later one which the constraint reads too.
  void share_across(const Constraint& constraint) {
    std::optional<size_t> last;
    for (size_t i = choices_.size(); i-- > 0;) {
      if (!reads(constraint, choices_[i])) continue;
      if (!last) last = i;
      if (level_of(choices_[i]) != level_of(choices_[*last])) return share(i);
    }
  }

  bool reads_one_of(const Constraint& constraint, const std::vector<size_t>& which) const {
    return std::ranges::any_of(which, [&](size_t i) { return reads(constraint, choices_[i]); });
  }

  const std::vector<Choice>& choices_;
  Factors factors_;
};

}  // namespace

Factors factors_of(const Space& space) { return Split(space).finish(space); }

}  // namespace mds
