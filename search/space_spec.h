// A search space as a file: base networks, choices that overwrite their fields, constraints between fields.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/describe.h"

namespace mds {

// Whole numbers from `from` to `to`, including both, in steps of `step`.
struct SteppedRange {
  int64_t from = 0, to = 0, step = 1;
  bool operator==(const SteppedRange&) const = default;

  static void describe(auto& self, auto&& field) {
    field("from", self.from, "first value of the range");
    field("to", self.to, "last value of the range, a whole number of steps after the first");
    field("step", self.step, "difference from one value of the range to the next", at_least(1));
  }
};

// {"name": ..., "path": "levels.2.width", "values": [896, 1024]}
// {"name": ..., "path": "levels.2.width", "range": {"from": 768, "to": 1152, "step": 64}}
// {"name": ..., "path": "levels.2.up", "entries": [2, 3], "lengths": [2, 3]}: every list of those lengths and entries
// {"name": ..., "path": "levels.2.down.0", "values": [1, 2]}: one element of a list
// {"name": ..., "path": "levels", "values": [2, 3, [0, 2]]}: the first two levels, the first three, or levels 0 and 2
// {"name": ..., "options": [{"levels.1.self_attention": false, ...}, ...]}: several fields at once
// "when": {"levels.2.conv": ["separable"], "levels.2.down": {"length": [2]}} limits where the choice exists.
struct ChoiceSpec {
  std::string name{};
  std::string path{};
  std::vector<Json> values{};
  std::optional<SteppedRange> range{};
  std::vector<int64_t> entries{};
  std::vector<int64_t> lengths{};
  std::vector<Json> options{};
  Json when = Json::object();
  std::string short_name{};
  std::vector<std::string> labels{};
  bool operator==(const ChoiceSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "name of the choice, in candidates and reports");
    field("path", self.path, "path of the field that is set, or of a list's element; levels: how many or which stay");
    field("values", self.values, "values that the field at path may have");
    field("range", self.range, "whole numbers in equal steps, in place of values");
    field("entries", self.entries, "numbers that elements of the list at path may be; needs lengths", between(0, 64));
    field("lengths", self.lengths, "lengths that the list at path may have; needs entries", between(1, 16));
    field("options", self.options, "options that set several fields, in place of path: objects of path and value");
    field("when", self.when,
          "the choice exists only where each path has one of the listed values or lengths; \"base\" is a path too");
    field("short", self.short_name,
          "letters that stand before the choice's values in a candidate's name; empty: made from name");
    field("labels", self.labels, "words for the values or options in names and tables, one for each in their order");
  }
};

// One relation between two terms. A term is a number, the path of a number, or {"length": path} or {"sum": path} of a
// list. A combination that breaks it is not a point of the space; it holds where a network does not have a term's path.
struct ConstraintSpec {
  std::vector<Json> equal{};
  std::vector<Json> differ{};
  std::vector<Json> at_most{};
  std::vector<Json> multiple_of{};
  bool operator==(const ConstraintSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("equal", self.equal, "two terms (numbers, paths, lengths, sums) that must be equal");
    field("differ", self.differ, "two terms (numbers, paths, lengths, sums) that must differ");
    field("at_most", self.at_most, "two terms (numbers, paths, lengths, sums), the first no greater than the second");
    field("multiple_of", self.multiple_of, "two terms (numbers, paths, lengths, sums), the second dividing the first");
  }
};

struct SpaceSpec {
  std::string base = "mobilediffusion";
  std::vector<std::string> bases{};
  std::vector<std::string> include{};
  std::vector<ChoiceSpec> choices{};
  std::vector<ConstraintSpec> constraints{};
  bool operator==(const SpaceSpec&) const = default;

  static void describe(auto& self, auto&& field) {
    field("base", self.base, "network whose fields the choices overwrite, a shipped name or a JSON file");
    field("bases", self.bases, "several networks in place of base, each with all choices whose fields it has");
    field("include", self.include,
          "networks that every selection contains; in a file without choices and bases, they are the whole space");
    field("choices", self.choices, "choices that change the base, in order; later ones vary fastest");
    field("constraints", self.constraints, "relations between fields that every point of the space fulfils");
  }
};

// The names of the networks whose fields the choices overwrite.
std::vector<std::string> bases_of(const SpaceSpec& space);

// Everything that varies in a space, in order: first "base" where there are several bases.
std::vector<ChoiceSpec> all_choices(const SpaceSpec& space);

// Reads the file of a space. Network files that it names are first looked for in its own folder.
SpaceSpec load_space(const std::string& file);

}  // namespace mds
