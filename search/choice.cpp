#include "search/choice.h"

#include <algorithm>

#include "search/choice_options.h"
#include "spec/listed.h"

namespace mds {
namespace {

// The form {"length": [1, 2]} of a condition.
struct AllowedLengths {
  std::vector<int64_t> length{};
  static void describe(auto& self, auto&& field) { field("length", self.length, "of the list", at_least(0)); }
};

bool has(const auto& values, const auto& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// Makes the widest network large enough for what a value sets, so that later choices may name those fields.
void widen(UNetSpec& widest, const FieldPath& field, const FieldPath::Value& value) {
  if (field.is_list() && length_of(value) > length_of(field.get(widest))) field.set(widest, value);
  if (!field.is_levels()) return;
  LevelSpec longest;
  for (const auto& level : widest.levels) {
    if (level.down.size() > longest.down.size()) longest.down = level.down;
    if (level.up.size() > longest.up.size()) longest.up = level.up;
  }
  widest.levels.assign(std::max(widest.levels.size(), size_t(length_of(value))), longest);
}

}  // namespace

Choice::Choice(const ChoiceSpec& spec, UNetSpec& widest, const Place& place) : name_(spec.name) {
  auto [labels, patches] = options_of(spec, place);
  labels_ = std::move(labels);
  check_type(place.child("when"), spec.when, spec.when.is_object(), "an object of path and allowed values");
  for (const auto& [path, allowed] : spec.when.items())
    when_.push_back(condition(path, allowed, widest, place.child("when")));
  for (const auto& [path, unused] : patches.front().items()) fields_.emplace_back(path, widest, place);
  for (const auto& patch : patches) {
    options_.emplace_back();
    for (const auto& [path, value] : patch.items())
      options_.back().push_back(fields_[options_.back().size()].parse(value, place.child(path)));
  }
  for (const auto& values : options_)
    for (size_t i = 0; i < fields_.size(); ++i) widen(widest, fields_[i], values[i]);
}

Choice::Condition Choice::condition(const std::string& path, const Json& allowed, UNetSpec& widest,
                                    const Place& place) {
  Condition condition;
  const Place here = place.child(path);
  if (path == "base") {
    check_type(here, allowed, allowed.is_array() && !allowed.empty(), "a list of bases");
    read_json(allowed, condition.bases, here);
    return condition;
  }
  condition.field.emplace(path, widest, place);
  if (allowed.is_object()) {
    condition.lengths = true;
    AllowedLengths lengths;
    if (!condition.field->is_list() && !condition.field->is_levels()) here.fail("is no list and has no length");
    read_json(allowed, lengths, here);
    if (lengths.length.empty()) here.child("length").fail("is empty; the choice would never exist");
    condition.values.assign(lengths.length.begin(), lengths.length.end());
    return condition;
  }
  check_type(here, allowed, allowed.is_array() && !allowed.empty(), "a list of values, or {\"length\": [...]}");
  if (condition.field->is_levels()) here.fail("is a list of objects; give {\"length\": [...]}");
  for (const auto& value : allowed) condition.values.push_back(condition.field->parse(value, here));
  return condition;
}

bool Choice::Condition::holds(const Partial& partial) const {
  if (!field) return has(bases, partial.base);
  if (!field->in(partial.network)) return false;
  const auto value = field->get(partial.network);
  return has(values, lengths ? FieldPath::Value(length_of(value)) : value);
}

bool Choice::exists(const Partial& partial) const {
  for (const auto& condition : when_)
    if (!condition.holds(partial)) return false;
  for (size_t i = 0; i < options_.size(); ++i)
    if (fits(partial.network, i)) return true;
  return options_.empty();
}

bool Choice::fits(const UNetSpec& network, size_t option) const {
  for (size_t i = 0; i < fields_.size(); ++i)
    if (!fields_[i].fits(network, options_[option][i])) return false;
  return true;
}

bool Choice::reads(const FieldPath& field) const {
  const auto depends = [&](const FieldPath& own) { return own.depends_on(field); };
  return std::any_of(when_.begin(), when_.end(),
                     [&](const Condition& condition) { return condition.field && depends(*condition.field); }) ||
         std::any_of(fields_.begin(), fields_.end(), depends);
}

bool Choice::changes_levels() const {
  return std::any_of(fields_.begin(), fields_.end(), [](const FieldPath& field) { return field.is_levels(); });
}

void Choice::put(UNetSpec& network, const Values& values) const {
  for (size_t i = 0; i < fields_.size(); ++i) fields_[i].set(network, values[i]);
}

Choice::Values Choice::get(const UNetSpec& network) const {
  Values values;
  for (const auto& field : fields_) values.push_back(field.get(network));
  return values;
}

}  // namespace mds
