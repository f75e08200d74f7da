// A search space that can walk all its points. A choice exists only where its condition holds and where the network
// has the fields it sets; a combination that breaks a constraint is not a point.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "networks/network_spec.h"
#include "search/choice.h"
#include "search/constraint.h"

namespace mds {

class Space {
 public:
  // `source` begins error messages. ConfigError for a path that is not a field, and for a value the field refuses.
  Space(const SpaceSpec& spec, const std::string& source);

  // Calls visit(network, point) for every point that begins with `beginning`, in order: later choices vary fastest.
  // Both arguments are valid only during the call. Several threads may walk at once.
  using Visit = std::function<void(const UNetSpec&, const Point&)>;
  void for_each(const Visit& visit, const Point& beginning = {}) const;

  // Takes as few of the first choices as have `wanted` combinations (or all choices) and returns those combinations in
  // order. The points that begin with them make up the whole space.
  std::vector<Point> beginnings(size_t wanted) const;

  // A network as some of the choices have made it, with their entries of its point; the others' entries are -1.
  struct Partway {
    UNetSpec network;
    Point point;
  };
  // Every way to make the first `choices` choices, in order. std::length_error where there are more than `most`.
  std::vector<Partway> begun(size_t choices, size_t most = ~size_t(0)) const;
  // Calls visit for every way to make the choices `which`, indices in rising order, of what `from` has made.
  // Constraints are not applied.
  void for_each_way(const Partway& from, const std::vector<size_t>& which, const Visit& visit) const;

  // The network at a point, and whether for_each would visit that point.
  UNetSpec network(const Point& point) const;
  bool is_point(const Point& point) const;
  // Whether the network that the first `depth` entries of a point have made keeps the constraints that they decide.
  bool allowed(size_t depth, const UNetSpec& network) const;
  Json choices(const Point& point) const;  // {name: value}

  const std::vector<Choice>& choices() const { return choices_; }
  size_t first() const { return first_; }  // the entry of a point that is the first choice's
  // Element n holds the constraints that the first n entries of a point decide.
  const std::vector<std::vector<Constraint>>& constraints() const { return constraints_; }
  const std::vector<UNetSpec>& bases() const { return bases_; }
  const SpaceSpec& spec() const { return spec_; }
  const std::string& source() const { return source_; }

 private:
  class Walk;
  const UNetSpec& base_of(const Point& point) const;
  const std::string& base_name(const Point& point) const { return base_names_[first_ == 1 ? size_t(point[0]) : 0]; }
  void add_choices(UNetSpec& widest);
  void add_constraints(UNetSpec& widest);
  size_t depth_of(const Constraint& constraint) const;

  SpaceSpec spec_;
  std::string source_;
  std::vector<std::string> base_names_;
  std::vector<UNetSpec> bases_;
  size_t first_ = 0;  // 1 if the first entry of a point is the base
  std::vector<Choice> choices_;
  std::vector<std::vector<Constraint>> constraints_;  // see constraints()
};

}  // namespace mds
