// Relations between the fields of a network that every point of a space must satisfy.
#pragma once

#include <optional>

#include "search/field.h"
#include "search/space_spec.h"

namespace mds {

class Constraint {
 public:
  // ConfigError at `place` unless it is one relation between two terms, and where a term is not a number.
  Constraint(const ConstraintSpec& spec, UNetSpec& widest, const Place& place);

  bool holds(const UNetSpec& network) const;
  bool reads(const FieldPath& field) const;

 private:
  enum class Relation { equal, differ, at_most, multiple_of };
  enum class Measure { value, length, sum };
  struct Term {
    int64_t number = 0;
    std::optional<FieldPath> field{};  // null: the number below
    Measure measure = Measure::value;

    std::optional<int64_t> of(const UNetSpec& network) const;
  };

  static Term term(const Json& json, UNetSpec& widest, const Place& place);
  static Term list_term(const Json& json, UNetSpec& widest, const Place& place);

  Relation relation_ = Relation::equal;
  std::vector<Term> terms_;
};

}  // namespace mds
