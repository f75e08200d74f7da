// A search space at work: walks every point of it. A choice exists only where its condition holds, so that two
// different points are two different networks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "networks/network_spec.h"
#include "search/space_spec.h"

namespace mds {

// Which option each choice has at a point; inactive choices hold -1.
using Point = std::vector<int16_t>;

class Space {
 public:
  // `source` opens error messages. A path that names no field, or a value that the field refuses, is a ConfigError.
  Space(const SpaceSpec& spec, const std::string& source);
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;

  // Calls visit(network, point) for every point; both are valid during the call only.
  void for_each(const std::function<void(const UNetSpec&, const Point&)>& visit);

  UNetSpec network(const Point& point);    // not during for_each
  Json choices(const Point& point) const;  // {name: value}
  const SpaceSpec& spec() const { return spec_; }

 private:
  using Action = std::function<void()>;
  struct Choice {
    std::string name;
    std::vector<Json> labels;
    std::vector<std::vector<Action>> options;
    std::vector<Action> save, restore;  // the fields it sets, around its options
    std::vector<std::function<bool()>> when;
  };

  Choice compile(const ChoiceSpec& spec, const Place& place);
  Action assignment(const std::string& path, const Json& value, const Place& place);
  std::function<bool()> condition(const std::string& path, const Json& allowed, const Place& place);
  void remember(Choice& choice, const std::string& path, const Place& place);
  void descend(size_t depth, const std::function<void(const UNetSpec&, const Point&)>& visit);
  bool active(const Choice& choice) const;

  SpaceSpec spec_;
  UNetSpec base_, current_;
  std::vector<Choice> choices_;
  Point point_;
};

}  // namespace mds
