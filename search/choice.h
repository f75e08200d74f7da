// One choice of a space, ready to be made: what its options set, and where it exists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "search/field.h"
#include "search/space_spec.h"

namespace mds {

// Which option each choice has at a point; choices that do not exist there hold -1.
using Point = std::vector<int16_t>;

// What a condition sees: the network as far as the choices before have made it, and which base it began as.
struct Partial {
  const UNetSpec& network;
  const std::string& base;
};

class Choice {
 public:
  using Values = std::vector<FieldPath::Value>;  // one for each field

  // Lists and levels of `widest` grow by what the options set. ConfigError at `place` for whatever does not fit.
  Choice(const ChoiceSpec& spec, UNetSpec& widest, const Place& place);

  bool exists(const Partial& partial) const;  // its condition holds, and the network has what one of its options sets
  bool fits(const UNetSpec& network, size_t option) const;
  void set(UNetSpec& network, size_t option) const { put(network, options_[option]); }
  void put(UNetSpec& network, const Values& values) const;
  Values get(const UNetSpec& network) const;

  bool changes_levels() const;
  size_t options() const { return options_.size(); }
  const Json& label(size_t option) const { return labels_[option]; }
  const std::string& name() const { return name_; }
  const std::vector<FieldPath>& fields() const { return fields_; }
  const Values& values(size_t option) const { return options_[option]; }

 private:
  struct Condition {
    std::optional<FieldPath> field{};  // else the base's name
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
