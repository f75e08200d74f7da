#include "search/space.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "networks/found_file.h"

namespace mds {
namespace {

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

// How many lists all_lists makes, or more than `most` where it would be more.
size_t count_lists(const ChoiceSpec& spec, size_t most) {
  size_t count = 0;
  for (const int64_t length : spec.lengths) {
    size_t lists = 1;
    for (int64_t i = 0; i < length && lists <= most; ++i) lists *= spec.entries.size();
    count += std::min(lists, most + 1);
  }
  return count;
}

// What choices call their values: one label each, no two alike, short enough for a name.
void check_labels(const ChoiceSpec& spec, size_t count, const Place& place) {
  constexpr size_t longest = 24;
  if (!spec.labels.empty() && spec.labels.size() != count)
    place.fail("has " + std::to_string(spec.labels.size()) + " labels for " + std::to_string(count) +
               " values or options; allowed: one for each, or none");
  for (size_t i = 0; i < spec.labels.size(); ++i) {
    if (spec.labels[i].empty() || spec.labels[i].size() > longest)
      place.child(i).fail("is \"" + spec.labels[i] + "\"; allowed: 1 to " + std::to_string(longest) + " letters");
    if (std::find(spec.labels.begin(), spec.labels.begin() + int64_t(i), spec.labels[i]) !=
        spec.labels.begin() + int64_t(i))
      place.child(i).fail("is \"" + spec.labels[i] + "\" a second time");
  }
}

// Exactly one of the three forms of a choice, with no more options than a Point can tell apart.
void check_form(const ChoiceSpec& spec, const Place& place) {
  constexpr size_t most = std::numeric_limits<Point::value_type>::max();
  const bool values = !spec.values.empty(), options = !spec.options.empty();
  const bool lists = !spec.entries.empty() || !spec.lengths.empty();
  if (spec.name.empty()) place.child("name").fail("is empty; every choice needs a name of its own");
  if (options && !spec.path.empty()) place.fail("has options and path; give one of them");
  if (!options && spec.path.empty())
    place.fail("names no field; give path with values, path with entries and lengths, or options");
  if (values + lists + options > 1)
    place.fail("has more than one of values, entries with lengths, and options; give one of them");
  if (spec.entries.empty() != spec.lengths.empty()) place.fail("has one of entries and lengths; give both");
  if (values + lists + options == 0) place.fail("has no values");
  const std::string allowed = "; allowed: 1 to " + std::to_string(most);
  if (count_lists(spec, most) > most)
    place.fail("makes its " + std::to_string(spec.entries.size()) + " entries into too many lists" + allowed);
  const size_t count = spec.values.size() + spec.options.size();
  if (count > most) place.fail("has " + std::to_string(count) + " values" + allowed);
  check_labels(spec, count, place.child("labels"));
}

// The options of a choice as objects of path and value, with the label each shows in reports.
std::vector<Json> patches(const ChoiceSpec& spec, const Place& place, std::vector<Json>& labels) {
  check_form(spec, place);
  for (const auto& option : spec.options)
    check_type(place.child("options"), option, option.is_object() && !option.empty(), "objects of path and value");
  if (!spec.options.empty()) {
    labels = spec.options;
    if (!spec.labels.empty()) labels.assign(spec.labels.begin(), spec.labels.end());
    return spec.options;
  }
  labels = spec.entries.empty() ? spec.values : all_lists(spec.entries, spec.lengths);
  std::vector<Json> result;
  for (const auto& value : labels) result.push_back(Json{{spec.path, value}});
  return result;
}

template <class Field>
Field typed_value(const Json& json, const Place& place, Range range) {
  Field value{};
  read_json(json, value, place, range);
  return value;
}

// Other choices point into the elements of a list of objects, so that it may not change its length.
template <class Field>
void check_settable(const Field&, const Place& place) {
  if constexpr (is_list<Field>)
    if constexpr (Described<typename Field::value_type>)
      place.fail("is a list of objects and cannot be replaced; name a field of one of them");
}

// {"length": [1, 2]} of a condition.
struct AllowedLengths {
  std::vector<int64_t> length;
  static void describe(auto& self, auto&& field) { field("length", self.length, "of the list", at_least(0)); }
};

bool has(const auto& values, const auto& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

Space::Space(const SpaceSpec& spec, const std::string& source)
    : spec_(spec), base_(load_unet(spec.base)), current_(base_) {
  constexpr size_t most_choices = 256;
  const Place choices{source, "choices"};
  if (spec.choices.empty()) choices.fail("is empty; a space needs at least one choice");
  if (spec.choices.size() > most_choices)
    choices.fail("has " + std::to_string(spec.choices.size()) + " choices; allowed: 1 to " +
                 std::to_string(most_choices));
  for (size_t i = 0; i < spec.include.size(); ++i)
    if (std::find(spec.include.begin(), spec.include.begin() + i, spec.include[i]) != spec.include.begin() + i)
      Place{source, "include"}.child(i).fail("is \"" + spec.include[i] + "\" a second time");
  for (size_t i = 0; i < spec.choices.size(); ++i) {
    const Place place = choices.child(i);
    for (const auto& other : choices_)
      if (other.name == spec.choices[i].name) place.child("name").fail("is \"" + other.name + "\" a second time");
    choices_.push_back(compile(spec.choices[i], place));
  }
  point_.assign(choices_.size(), -1);
}

Space::Action Space::assignment(const std::string& path, const Json& value, const Place& place) {
  Action action;
  visit_path(current_, path, place, [&](auto& field, Range range) {
    using Field = std::remove_reference_t<decltype(field)>;
    check_settable(field, place.child(path));
    action = [target = &field, typed = typed_value<Field>(value, place.child(path), range)] { *target = typed; };
  });
  return action;
}

void Space::remember(Choice& choice, const std::string& path, const Place& place) {
  visit_path(current_, path, place, [&](auto& field, Range) {
    auto saved = std::make_shared<std::remove_reference_t<decltype(field)>>(field);
    choice.save.push_back([target = &field, saved] { *saved = *target; });
    choice.restore.push_back([target = &field, saved] { *target = *saved; });
  });
}

std::function<bool()> Space::condition(const std::string& path, const Json& allowed, const Place& place) {
  std::function<bool()> test;
  const Place here = place.child(path);
  visit_path(current_, path, place, [&](auto& field, Range range) {
    using Field = std::remove_reference_t<decltype(field)>;
    if (allowed.is_object()) {
      if constexpr (!is_list<Field>) {
        here.fail("is no list and has no length");
      } else {
        const auto lengths = typed_value<AllowedLengths>(allowed, here, {}).length;
        if (lengths.empty()) here.child("length").fail("is empty; the choice would never exist");
        test = [target = &field, lengths] { return has(lengths, int64_t(target->size())); };
      }
    } else {
      check_type(here, allowed, allowed.is_array() && !allowed.empty(), "a list of values, or {\"length\": [...]}");
      std::vector<Field> values;
      for (const auto& value : allowed) values.push_back(typed_value<Field>(value, here, range));
      test = [target = &field, values] { return has(values, *target); };
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
  for (const auto& [path, allowed] : spec.when.items())
    choice.when.push_back(condition(path, allowed, place.child("when")));
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
  current_ = base_;
  return network;
}

Json Space::choices(const Point& point) const {
  Json json = Json::object();
  for (size_t i = 0; i < choices_.size(); ++i)
    if (point[i] >= 0) json[choices_[i].name] = choices_[i].labels[size_t(point[i])];
  return json;
}

SpaceSpec load_space(const std::string& file) { return load_described<SpaceSpec>(found_file(file)); }

}  // namespace mds
