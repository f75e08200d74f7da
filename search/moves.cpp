#include "search/moves.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

namespace mds {
namespace {

constexpr int16_t absent = -1;
constexpr int64_t most_attempts = 40;

// The choices of a space as depths of a point; the base is the first of them where there are several.
class Depths {
 public:
  explicit Depths(const Space& space)
      : space_(space), names_(bases_of(space.spec())), first_(space.bases().size() > 1 ? 1 : 0) {}

  size_t size() const { return first_ + space_.choices().size(); }
  size_t first() const { return first_; }
  size_t options(size_t depth) const { return depth < first_ ? names_.size() : choice(depth).options(); }
  const Choice& choice(size_t depth) const { return space_.choices()[depth - first_]; }
  const std::string& base_name(const Point& point) const { return names_[base_of(point)]; }
  size_t base_of(const Point& point) const { return first_ ? size_t(point[0]) : 0; }

 private:
  const Space& space_;
  std::vector<std::string> names_;
  size_t first_;
};

// Walks down the choices of a space to a point, with the options of each choice in the order of a preference. A
// discrepancy is a choice that does not have its most preferred option that fits (Harvey and Ginsberg, 1995, limited
// discrepancy search). Dead ends take back the latest choice first.
class Descent {
 public:
  using Preference = std::function<std::vector<int16_t>(size_t depth)>;  // the options of a choice, best first
  using Accept = std::function<bool(const UNetSpec&)>;

  Descent(const Space& space, Preference preference, Accept accept = nullptr)
      : space_(space), depths_(space), preference_(std::move(preference)), accept_(std::move(accept)) {}

  // A point with at most so many discrepancies, if one is met within a bound of steps.
  std::optional<Point> find(int64_t discrepancies) {
    steps_ = most_steps;
    point_.assign(depths_.size(), absent);
    network_ = space_.bases().front();
    return descend(0, discrepancies) ? std::optional(point_) : std::nullopt;
  }

 private:
  static constexpr int64_t most_steps = 20'000;

  bool descend(size_t depth, int64_t discrepancies) {
    if (--steps_ < 0) return false;
    if (depth < depths_.first()) return choose_base(discrepancies);
    if (!space_.allowed(depth, network_)) return false;
    if (depth == depths_.size()) return !accept_ || accept_(network_);
    const Choice& choice = depths_.choice(depth);
    point_[depth] = absent;
    if (!choice.exists({network_, depths_.base_name(point_)})) return descend(depth + 1, discrepancies);
    const Choice::Values before = choice.get(network_);
    int64_t left = discrepancies;
    for (const int16_t option : preference_(depth)) {
      if (!choice.fits(network_, size_t(option))) continue;
      choice.set(network_, size_t(option));
      point_[depth] = option;
      if (descend(depth + 1, left)) return true;
      choice.put(network_, before);
      if ((left = discrepancies - 1) < 0) return false;
    }
    return false;
  }

  bool choose_base(int64_t discrepancies) {
    int64_t left = discrepancies;
    for (const int16_t base : preference_(0)) {
      network_ = space_.bases()[size_t(base)];
      point_[0] = base;
      if (descend(1, left)) return true;
      if ((left = discrepancies - 1) < 0) return false;
    }
    return false;
  }

  const Space& space_;
  Depths depths_;
  Preference preference_;
  Accept accept_;
  int64_t steps_ = 0;
  UNetSpec network_;
  Point point_;
};

std::vector<int16_t> options_of(const Depths& depths, size_t depth) {
  std::vector<int16_t> options(depths.options(depth));
  std::iota(options.begin(), options.end(), int16_t(0));
  return options;
}

// Each attempt may have one discrepancy more than the one before, so that as much of `wanted` is kept as can be. The
// option at `pinned` is kept by all.
std::optional<Point> found_near(const Space& space, const Point& wanted, std::optional<size_t> pinned, Random& random) {
  const Depths depths(space);
  const int64_t attempts = pinned ? 8 : most_attempts;
  Descent descent(space, [&](size_t depth) {
    if (depth == pinned) return std::vector{wanted[depth]};
    auto options = options_of(depths, depth);
    random.shuffle(options);
    if (depth < wanted.size())
      if (const auto kept = std::ranges::find(options, wanted[depth]); kept != options.end())
        std::iter_swap(options.begin(), kept);
    return options;
  });
  for (int64_t attempt = 0; attempt < attempts; ++attempt)
    if (auto point = descent.find(/*discrepancies=*/attempt)) return point;
  return std::nullopt;
}

bool same_network(const Space& space, const Point& a, const Point& b) {
  return a == b || canonical(space.network(a)) == canonical(space.network(b));
}

}  // namespace

Point random_point(const Space& space, Random& random) { return repaired(space, {}, random); }

Point repaired(const Space& space, const Point& wanted, Random& random) {
  if (auto point = found_near(space, wanted, std::nullopt, random)) return *point;
  throw ConfigError(space.source() + ": no point was found in " + std::to_string(most_attempts) +
                    " attempts; its constraints leave none, or very few: allow more");
}

Point mutated(const Space& space, const Point& point, Random& random) {
  const Depths depths(space);
  std::vector<size_t> order(depths.size());
  std::iota(order.begin(), order.end(), size_t(0));
  random.shuffle(order);
  for (const size_t depth : order) {
    if (point[depth] == absent) continue;
    auto options = options_of(depths, depth);
    random.shuffle(options);
    for (const int16_t option : options) {
      if (option == point[depth]) continue;
      Point wanted = point;
      wanted[depth] = option;
      const auto other = found_near(space, wanted, depth, random);
      if (other && !same_network(space, *other, point)) return *other;
    }
  }
  throw ConfigError(space.source() + ": no choice of the point " + space.choices(point).dump() +
                    " has another option that makes another network; the space needs at least two networks");
}

Point crossed(const Space& space, const Point& a, const Point& b, Random& random) {
  Point wanted(std::max(a.size(), b.size()), absent);
  for (size_t i = 0; i < wanted.size(); ++i) {
    const bool second = random.below(2) == 1;
    const auto entry = [&](const Point& parent) { return i < parent.size() ? parent[i] : absent; };
    wanted[i] = entry(second ? b : a);
    if (wanted[i] == absent) wanted[i] = entry(second ? a : b);
  }
  return repaired(space, wanted, random);
}

// An option that sets what the network has is the only one tried; where none does, a later choice may set the field
// again, so that all are.
std::optional<Point> point_of(const Space& space, const UNetSpec& network) {
  const Depths depths(space);
  const UNetSpec canonic = canonical(network);
  const auto sets_it = [&](const Choice& choice, size_t option) {
    for (size_t i = 0; i < choice.fields().size(); ++i) {
      const FieldPath& field = choice.fields()[i];
      const auto& value = choice.values(option)[i];
      if (field.is_levels() ? length_of(value) != int64_t(network.levels.size())
                            : !field.in(network) || field.get(network) != value)
        return false;
    }
    return true;
  };
  const Descent::Preference preference = [&](size_t depth) {
    const auto all = options_of(depths, depth);
    if (depth < depths.first()) return all;
    std::vector<int16_t> equal;
    for (const int16_t option : all)
      if (sets_it(depths.choice(depth), size_t(option))) equal.push_back(option);
    return equal.empty() ? all : equal;
  };
  return Descent(space, preference, [&](const UNetSpec& made) { return canonical(made) == canonic; })
      .find(std::numeric_limits<int64_t>::max());
}

}  // namespace mds
