#include "search/constraint.h"

#include <algorithm>
#include <array>

namespace mds {
namespace {

struct ListTerm {
  std::string length{}, sum{};
  static void describe(auto& self, auto&& field) {
    field("length", self.length, "path of a list: how many elements it has");
    field("sum", self.sum, "path of a list: its elements added up");
  }
};

}  // namespace

Constraint::Constraint(const ConstraintSpec& spec, UNetSpec& widest, const Place& place) {
  size_t given = 0;
  for (const auto& [relation, name, terms] :
       {std::tuple(Relation::equal, "equal", &spec.equal), std::tuple(Relation::differ, "differ", &spec.differ),
        std::tuple(Relation::at_most, "at_most", &spec.at_most),
        std::tuple(Relation::multiple_of, "multiple_of", &spec.multiple_of)}) {
    if (terms->empty()) continue;
    ++given;
    relation_ = relation;
    const Place here = place.child(name);
    if (terms->size() != 2) here.fail("has " + std::to_string(terms->size()) + " terms; allowed: 2");
    for (size_t i = 0; i < 2; ++i) terms_.push_back(term((*terms)[i], widest, here.child(i)));
    if (!terms_[terms_.size() - 2].field && !terms_.back().field)
      here.fail("compares two numbers; at least one term is the path of a field");
  }
  if (given != 1)
    place.fail("has " + std::to_string(given) + " relations; allowed: one of equal, differ, at_most and multiple_of");
}

Constraint::Term Constraint::term(const Json& json, UNetSpec& widest, const Place& place) {
  if (json.is_object()) return list_term(json, widest, place);
  Term term;
  if (json.is_string()) {
    const auto path = json.get<std::string>();
    term.field.emplace(path, widest, place);
    if (term.field->is_list() || term.field->is_levels())
      place.fail("is \"" + path + "\", a list; give {\"length\": path} or {\"sum\": path} of it");
    if (!term.field->is_number()) place.fail("is \"" + path + "\", which is not a number");
  } else {
    check_type(place, json, json.is_number_integer(), "a whole number, a path, or {\"length\": path}, {\"sum\": path}");
    read_json(json, term.number, place);
  }
  return term;
}

Constraint::Term Constraint::list_term(const Json& json, UNetSpec& widest, const Place& place) {
  ListTerm list;
  read_json(json, list, place);
  if (list.length.empty() == list.sum.empty()) place.fail("has both or none of length and sum; give one of them");
  const bool sums = list.length.empty();
  const std::string& path = sums ? list.sum : list.length;
  Term term{.field = FieldPath(path, widest, place), .measure = sums ? Measure::sum : Measure::length};
  if (!term.field->is_list() && !term.field->is_levels()) place.fail("is \"" + path + "\", which is not a list");
  if (sums && term.field->is_levels()) place.fail("is \"levels\", which has no sum; give {\"length\": \"levels\"}");
  return term;
}

std::optional<int64_t> Constraint::Term::of(const UNetSpec& network) const {
  if (!field) return number;
  if (!field->in(network)) return std::nullopt;
  const auto value = field->get(network);
  return measure == Measure::length ? length_of(value) : sum_of(value);
}

bool Constraint::holds(const UNetSpec& network) const {
  const auto a = terms_[0].of(network), b = terms_[1].of(network);
  if (!a || !b) return true;
  switch (relation_) {
    case Relation::equal:
      return *a == *b;
    case Relation::differ:
      return *a != *b;
    case Relation::at_most:
      return *a <= *b;
    case Relation::multiple_of:
      break;
  }
  return *b != 0 && *a % *b == 0;
}

bool Constraint::reads(const FieldPath& field) const {
  return std::any_of(terms_.begin(), terms_.end(),
                     [&](const Term& term) { return term.field && term.field->depends_on(field); });
}

}  // namespace mds
