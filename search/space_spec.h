// A search space as a file: base networks, and choices that overwrite their fields.
#pragma once

#include <string>
#include <vector>

#include "spec/describe.h"

namespace mds {

// {"name": ..., "path": "levels.2.width", "values": [896, 1024]}
// {"name": ..., "path": "levels.2.up", "entries": [2, 3], "lengths": [2, 3]}: every list of those lengths and entries
// {"name": ..., "options": [{"levels.1.self_attention": false, ...}, ...]}: several fields at once
// "when": {"levels.2.conv": ["separable"], "levels.2.down": {"length": [2]}} limits where the choice exists.
struct ChoiceSpec {
  std::string name{};
  std::string path{};
  std::vector<Json> values{};
  std::vector<int64_t> entries{};
  std::vector<int64_t> lengths{};
  std::vector<Json> options{};
  Json when = Json::object();
  std::string short_name{};
  std::vector<std::string> labels{};
  bool operator==(const ChoiceSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "of the choice, in candidates and reports");
    field("path", self.path, "field that values overwrite");
    field("values", self.values, "of the field at path");
    field("entries", self.entries, "with lengths: values of a list's elements", between(0, 64));
    field("lengths", self.lengths, "with entries: lengths of the list at path", between(1, 16));
    field("options", self.options, "instead of path: objects of path and value");
    field("when", self.when, "the choice exists only where each path has one of the listed values, or a listed length");
    field("short", self.short_name,
          "letters that stand before its values in a candidate's name; empty: made from name");
    field("labels", self.labels, "what values or options are called in names and tables, one for each");
  }
};

struct SpaceSpec {
  std::string base = "mobilediffusion";
  std::vector<std::string> include{};
  std::vector<ChoiceSpec> choices{};
  bool operator==(const SpaceSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("base", self.base, "network whose fields the choices overwrite");
    field("include", self.include, "networks that every selection contains");
    field("choices", self.choices, "in order; later ones vary fastest");
  }
};

// All that varies in a space, in order.
inline std::vector<ChoiceSpec> all_choices(const SpaceSpec& space) { return space.choices; }

SpaceSpec load_space(const std::string& file);

}  // namespace mds
