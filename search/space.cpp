#include "search/space.h"

#include <memory>

namespace mds {
namespace {

constexpr size_t longest_list = 16;  // keeps the buffers of current_ in place while lists change length

std::vector<Json> all_lists(const std::vector<int64_t>& entries, const std::vector<int64_t>& lengths) {
  std::vector<Json> lists;
  for (const int64_t length : lengths) {
    std::vector<size_t> digits(size_t(length), 0);
    for (bool more = true; more;) {
      Json list = Json::array();
      for (const size_t digit : digits) list.push_back(entries[digit]);
      lists.push_back(list);
      more = false;
      for (size_t i = digits.size(); i-- > 0;) {
        if (++digits[i] < entries.size()) {
          more = true;
          break;
        }
        digits[i] = 0;
      }
    }
  }
  return lists;
}

// The options of a choice as objects of path and value, with the label each shows in reports.
std::vector<Json> patches(const ChoiceSpec& spec, const Place& place, std::vector<Json>& labels) {
  if (!spec.options.empty()) {
    if (!spec.path.empty()) place.fail("has options and path; give one of them");
    for (const auto& option : spec.options) check_type(place.child("options"), option, option.is_object() && !option.empty(), "objects of path and value");
    labels = spec.options;
    return spec.options;
  }
  if (spec.path.empty()) place.fail("names no field; give path with values, path with entries and lengths, or options");
  if (spec.entries.empty() != spec.lengths.empty()) place.fail("has one of entries and lengths; give both");
  labels = spec.entries.empty() ? spec.values : all_lists(spec.entries, spec.lengths);
  if (labels.empty()) place.fail("has no values");
  std::vector<Json> result;
  for (const auto& value : labels) result.push_back(Json{{spec.path, value}});
  return result;
}

template <class Field>
Field typed_value(const Json& json, const Place& place) {
  Field value{};
  read_json(json, value, place);
  return value;
}

}  // namespace

Space::Space(const SpaceSpec& spec, const std::string& source) : base_(load_unet(spec.base)), include_(spec.include) {
  current_ = base_;
  for (auto& level : current_.levels) {
    level.down.reserve(longest_list);
    level.up.reserve(longest_list);
  }
  if (spec.choices.empty()) Place{source, "choices"}.fail("is empty; a space needs at least one choice");
  for (size_t i = 0; i < spec.choices.size(); ++i)
    choices_.push_back(compile(spec.choices[i], Place{source, "choices"}.child(i)));
  point_.assign(choices_.size(), -1);
}

Space::Action Space::assignment(const std::string& path, const Json& value, const Place& place) {
  Action action;
  visit_path(current_, path, place, [&](auto& field) {
    using Field = std::remove_reference_t<decltype(field)>;
    action = [target = &field, typed = typed_value<Field>(value, place.child(path))] { *target = typed; };
  });
  return action;
}

void Space::remember(Choice& choice, const std::string& path, const Place& place) {
  visit_path(current_, path, place, [&](auto& field) {
    auto saved = std::make_shared<std::remove_reference_t<decltype(field)>>(field);
    choice.save.push_back([target = &field, saved] { *saved = *target; });
    choice.restore.push_back([target = &field, saved] { *target = *saved; });
  });
}

std::function<bool()> Space::condition(const std::string& path, const Json& allowed, const Place& place) {
  std::function<bool()> test;
  visit_path(current_, path, place, [&](auto& field) {
    using Field = std::remove_reference_t<decltype(field)>;
    if (allowed.is_object()) {
      if constexpr (requires { field.size(); field.at(0); } && !std::is_same_v<Field, std::string>) {
        const auto lengths = typed_value<std::vector<int64_t>>(allowed.value("length", Json()), place.child(path).child("length"));
        test = [target = &field, lengths] { return std::find(lengths.begin(), lengths.end(), int64_t(target->size())) != lengths.end(); };
      } else {
        place.child(path).fail("is no list and has no length");
      }
    } else {
      check_type(place.child(path), allowed, allowed.is_array(), "a list of values, or {\"length\": [...]}");
      std::vector<Field> values;
      for (const auto& value : allowed) values.push_back(typed_value<Field>(value, place.child(path)));
      test = [target = &field, values] { return std::find(values.begin(), values.end(), *target) != values.end(); };
    }
  });
  return test;
}

Space::Choice Space::compile(const ChoiceSpec& spec, const Place& place) {
  Choice choice{.name = spec.name, .labels = {}, .options = {}, .save = {}, .restore = {}, .when = {}};
  const auto options = patches(spec, place, choice.labels);
  for (const auto& option : options) {
    for (const auto& [path, unused] : options.front().items())
      if (!option.contains(path) || option.size() != options.front().size())
        place.child("options").fail("set different fields; each option sets all of them");
    choice.options.emplace_back();
    for (const auto& [path, value] : option.items()) choice.options.back().push_back(assignment(path, value, place));
  }
  for (const auto& [path, unused] : options.front().items()) remember(choice, path, place);
  check_type(place.child("when"), spec.when, spec.when.is_object(), "an object of path and allowed values");
  for (const auto& [path, allowed] : spec.when.items()) choice.when.push_back(condition(path, allowed, place.child("when")));
  return choice;
}

bool Space::active(const Choice& choice) const {
  return std::all_of(choice.when.begin(), choice.when.end(), [](const auto& test) { return test(); });
}

void Space::descend(size_t depth, const std::function<void(const UNetSpec&, const Point&)>& visit) {
  if (depth == choices_.size()) return visit(current_, point_);
  const Choice& choice = choices_[depth];
  point_[depth] = -1;
  if (!active(choice)) return descend(depth + 1, visit);
  for (const auto& save : choice.save) save();
  for (size_t i = 0; i < choice.options.size(); ++i) {
    for (const auto& assign : choice.options[i]) assign();
    point_[depth] = int16_t(i);
    descend(depth + 1, visit);
  }
  for (const auto& restore : choice.restore) restore();
}

void Space::for_each(const std::function<void(const UNetSpec&, const Point&)>& visit) { descend(0, visit); }

UNetSpec Space::network(const Point& point) {
  for (size_t i = 0; i < choices_.size(); ++i)
    if (point[i] >= 0)
      for (const auto& assign : choices_[i].options[size_t(point[i])]) assign();
  UNetSpec network = current_;
  current_ = base_;  // the lists keep their buffers, which the choices point into
  return network;
}

Json Space::choices(const Point& point) const {
  Json json = Json::object();
  for (size_t i = 0; i < choices_.size(); ++i)
    if (point[i] >= 0) json[choices_[i].name] = choices_[i].labels[size_t(point[i])];
  return json;
}

SpaceSpec load_space(const std::string& file) { return load_described<SpaceSpec>(file); }

}  // namespace mds
