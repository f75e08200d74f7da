// A search space as data: a base network and choices that overwrite its fields. A choice exists only where its
// condition holds, so that two different points are two different networks.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "networks/network_spec.h"

namespace mds {

// {"name": ..., "path": "levels.2.width", "values": [896, 1024]}
// {"name": ..., "path": "levels.2.up", "entries": [2, 3], "lengths": [2, 3]}: every list of those lengths and entries
// {"name": ..., "options": [{"levels.1.self_attention": false, ...}, ...]}: several fields at once
// "when": {"levels.2.conv": ["separable"], "levels.2.down": {"length": [2]}} limits where the choice exists.
struct ChoiceSpec {
  std::string name;
  std::string path;
  std::vector<Json> values;
  std::vector<int64_t> entries;
  std::vector<int64_t> lengths;
  std::vector<Json> options;
  Json when = Json::object();
  bool operator==(const ChoiceSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "of the choice, in candidates and reports");
    field("path", self.path, "field that values overwrite");
    field("values", self.values, "of the field at path");
    field("entries", self.entries, "with lengths: values of a list's elements", between(0, 64));
    field("lengths", self.lengths, "with entries: lengths of the list at path", between(1, 16));
    field("options", self.options, "instead of path: objects of path and value");
    field("when", self.when, "the choice exists only where each path has one of the listed values, or a listed length");
  }
};

struct SpaceSpec {
  std::string base = "mobilediffusion";
  std::vector<std::string> include;
  std::vector<ChoiceSpec> choices;
  bool operator==(const SpaceSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("base", self.base, "network whose fields the choices overwrite");
    field("include", self.include, "networks that every selection contains");
    field("choices", self.choices, "in order; later ones vary fastest");
  }
};

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

  UNetSpec network(const Point& point);  // not during for_each
  Json choices(const Point& point) const;  // {name: value}
  const std::vector<std::string>& include() const { return include_; }

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

  UNetSpec base_, current_;
  std::vector<std::string> include_;
  std::vector<Choice> choices_;
  Point point_;
};

SpaceSpec load_space(const std::string& file);

}  // namespace mds
