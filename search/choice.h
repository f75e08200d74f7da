// One choice of a space, ready to apply: what its options set, and where it exists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/field.h"
#include "search/space_spec.h"

namespace mds {

// The option that each choice has at a point; -1 for a choice that does not exist there.
using Point = std::vector<int16_t>;

// What a condition can test: the network as the earlier choices have made it, and the name of its base.
struct Partial {
  const UNetSpec& network;
  const std::string& base;
};

class Choice {
 public:
  using Values = std::vector<FieldPath::Value>;  // one for each field

  // Enlarges the lists and levels of `widest` by what the options set. ConfigError at `place` where an option is wrong.
  Choice(const ChoiceSpec& spec, UNetSpec& widest, const Place& place);

  bool exists(const Partial& partial) const;  // its condition holds, and the network has what one option sets
  bool fits(const UNetSpec& network, size_t option) const;
  void set(UNetSpec& network, size_t option) const { put(network, options_[option]); }
  void put(UNetSpec& network, const Values& values) const;
  Values get(const UNetSpec& network) const;

  bool changes_levels() const;
  bool reads(const FieldPath& field) const;  // whether its existence depends on what the field holds
  size_t options() const { return options_.size(); }
  const Json& label(size_t option) const { return labels_[option]; }
  const std::string& name() const { return name_; }
  const std::vector<FieldPath>& fields() const { return fields_; }
  const Values& values(size_t option) const { return options_[option]; }

 private:
  struct Condition {
    std::optional<FieldPath> field{};  // null: the name of the base
    bool lengths = false;
    Values values{};
    std::vector<std::string> bases{};

    bool holds(const Partial& partial) const;
  };
  static Condition condition(const std::string& path, const Json& allowed, UNetSpec& widest, const Place& place);

  std::string name_;
  std::vector<Json> labels_;
  std::vector<FieldPath> fields_;
  std::vector<Values> options_;
  std::vector<Condition> when_;
};

}  // namespace mds
