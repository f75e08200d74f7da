#include "search/space.h"

#include <algorithm>
#include <stdexcept>

namespace mds {
namespace {

// A network with as many levels, and lists as long, as the largest of the bases.
UNetSpec widest_of(const std::vector<UNetSpec>& bases) {
  UNetSpec widest = bases.front();
  for (const auto& base : bases) {
    if (base.levels.size() > widest.levels.size()) widest.levels.resize(base.levels.size());
    for (size_t i = 0; i < base.levels.size(); ++i)
      for (const auto list : {&LevelSpec::down, &LevelSpec::up})
        if ((base.levels[i].*list).size() > (widest.levels[i].*list).size())
          widest.levels[i].*list = base.levels[i].*list;
  }
  return widest;
}

}  // namespace

// One walk over some choices of the space; it holds the network as the choices so far have made it.
class Space::Walk {
 public:
  Walk(const Space& space, const Visit& visit, Partway from) : space_(space), visit_(visit), at_(std::move(from)) {}

  // All ways to make the first `choices` choices so that the constraints hold, or those that begin with `beginning`.
  void beginnings(size_t choices, const Point& beginning) {
    beginning_ = &beginning;
    depth_ = choices;
    for (size_t i = 0; i < space_.bases_.size(); ++i) {
      if (space_.first_ == 1 && !begins_with(0, int16_t(i))) continue;
      at_ = {space_.bases_[i], Point(space_.first_ + space_.choices_.size(), -1)};
      if (space_.first_ == 1) at_.point[0] = int16_t(i);
      descend(0);
    }
  }

  // All ways to make the choices, constraints aside.
  void ways(const std::vector<size_t>& choices) {
    which_ = &choices;
    depth_ = choices.size();
    descend(0);
  }

 private:
  bool begins_with(size_t entry, int16_t option) const {
    return !beginning_ || entry >= beginning_->size() || (*beginning_)[entry] == option;
  }

  void descend(size_t depth) {
    if (!which_ && !space_.allowed(space_.first_ + depth, at_.network)) return;
    if (depth >= depth_) return visit_(at_.network, at_.point);
    const size_t index = which_ ? (*which_)[depth] : depth, entry = space_.first_ + index;
    const Choice& choice = space_.choices_[index];
    at_.point[entry] = -1;
    if (!choice.exists({at_.network, space_.base_name(at_.point)})) return descend(depth + 1);
    const Choice::Values before = choice.get(at_.network);
    for (size_t i = 0; i < choice.options(); ++i) {
      if (!begins_with(entry, int16_t(i)) || !choice.fits(at_.network, i)) continue;
      choice.set(at_.network, i);
      at_.point[entry] = int16_t(i);
      descend(depth + 1);
      if (choice.changes_levels()) choice.put(at_.network, before);
    }
    choice.put(at_.network, before);
  }

  const Space& space_;
  const Visit& visit_;
  Partway at_;
  const std::vector<size_t>* which_ = nullptr;  // null: the first depth_
  const Point* beginning_ = nullptr;
  size_t depth_ = 0;
};

Space::Space(const SpaceSpec& spec, const std::string& source)
    : spec_(spec), source_(source), base_names_(bases_of(spec)) {
  constexpr size_t most_choices = 256;
  const Place choices{source, "choices"};
  if (spec.choices.empty() && spec.bases.empty() && spec.include.empty())
    choices.fail("is empty; a space needs at least one choice, or networks in include or bases");
  if (spec.choices.size() > most_choices)
    choices.fail("has " + std::to_string(spec.choices.size()) + " choices; allowed: at most " +
                 std::to_string(most_choices));
  if (!spec.bases.empty() && spec.base != SpaceSpec{}.base) Place{source, "bases"}.fail("and base are given; give one");
  for (size_t i = 0; i < base_names_.size(); ++i) {
    if (std::count(base_names_.begin(), base_names_.begin() + int64_t(i), base_names_[i]))
      Place{source, spec.bases.empty() ? "include" : "bases"}.child(i).fail("is \"" + base_names_[i] +
                                                                            "\" a second time");
    bases_.push_back(load_unet(base_names_[i]));
  }
  first_ = bases_.size() > 1 ? 1 : 0;
  UNetSpec widest = widest_of(bases_);
  add_choices(widest);
  add_constraints(widest);
}

void Space::add_choices(UNetSpec& widest) {
  for (size_t i = 0; i < spec_.choices.size(); ++i) {
    const Place place = Place{source_, "choices"}.child(i);
    const std::string& name = spec_.choices[i].name;
    if (first_ == 1 && name == "base") place.child("name").fail("is \"base\", the name of the choice of a base");
    for (const auto& other : choices_)
      if (other.name() == name) place.child("name").fail("is \"" + name + "\" a second time");
    Choice choice(spec_.choices[i], widest, place);
    for (const auto& other : choices_)
      for (const auto& field : other.fields())
        if (choice.changes_levels() && field.is_of_level())
          place.fail("sets which levels there are after \"" + other.name() + "\" sets a field of one; put it first");
    choices_.push_back(std::move(choice));
  }
}

void Space::add_constraints(UNetSpec& widest) {
  constraints_.resize(first_ + choices_.size() + 1);
  for (size_t i = 0; i < spec_.constraints.size(); ++i) {
    const Constraint constraint(spec_.constraints[i], widest, Place{source_, "constraints"}.child(i));
    constraints_[depth_of(constraint)].push_back(constraint);
  }
}

// How many entries of a point decide the constraint: up to the last choice that sets a field which it reads.
size_t Space::depth_of(const Constraint& constraint) const {
  size_t depth = first_;
  for (size_t i = 0; i < choices_.size(); ++i)
    for (const auto& field : choices_[i].fields())
      if (constraint.reads(field)) depth = first_ + i + 1;
  return depth;
}

bool Space::allowed(size_t depth, const UNetSpec& network) const {
  const auto& decided = constraints_[depth];
  return std::all_of(decided.begin(), decided.end(), [&](const Constraint& c) { return c.holds(network); });
}

void Space::for_each(const Visit& visit, const Point& beginning) const {
  Walk(*this, visit, {}).beginnings(choices_.size(), beginning);
}

std::vector<Space::Partway> Space::begun(size_t choices, size_t most) const {
  std::vector<Partway> found;
  const Visit keep = [&](const UNetSpec& network, const Point& point) {
    if (found.size() == most) throw std::length_error("more than " + std::to_string(most) + " beginnings");
    found.push_back({network, point});
    std::fill(found.back().point.begin() + int64_t(first_ + choices), found.back().point.end(), -1);
  };
  Walk(*this, keep, {}).beginnings(choices, {});
  return found;
}

void Space::for_each_way(const Partway& from, const std::vector<size_t>& which, const Visit& visit) const {
  Walk(*this, visit, from).ways(which);
}

std::vector<Point> Space::beginnings(size_t wanted) const {
  std::vector<Point> points;
  for (size_t choices = 0; choices <= choices_.size(); ++choices) {
    points.clear();
    for (const auto& [network, point] : begun(choices))
      points.emplace_back(point.begin(), point.begin() + int64_t(first_ + choices));
    if (points.size() >= wanted) break;
  }
  return points;
}

const UNetSpec& Space::base_of(const Point& point) const { return bases_[first_ == 1 ? size_t(point[0]) : 0]; }

UNetSpec Space::network(const Point& point) const {
  UNetSpec network = base_of(point);
  for (size_t i = 0; i < choices_.size(); ++i)
    if (const auto option = point[first_ + i]; option >= 0) choices_[i].set(network, size_t(option));
  return network;
}

bool Space::is_point(const Point& point) const {
  UNetSpec network = base_of(point);
  const std::string& base = base_name(point);
  for (size_t depth = first_;; ++depth) {
    if (!allowed(depth, network)) return false;
    if (depth == point.size()) return true;
    const Choice& choice = choices_[depth - first_];
    const bool chosen = point[depth] >= 0;
    if (choice.exists({network, base}) != chosen) return false;
    if (chosen && !choice.fits(network, size_t(point[depth]))) return false;
    if (chosen) choice.set(network, size_t(point[depth]));
  }
}

Json Space::choices(const Point& point) const {
  Json json = Json::object();
  if (first_ == 1) json["base"] = base_names_[size_t(point[0])];
  for (size_t i = 0; i < choices_.size(); ++i)
    if (const auto option = point[first_ + i]; option >= 0)
      json[choices_[i].name()] = choices_[i].label(size_t(option));
  return json;
}

}  // namespace mds
