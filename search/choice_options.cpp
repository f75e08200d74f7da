#include "search/choice_options.h"

#include <algorithm>
#include <limits>

#include "search/choice.h"

namespace mds {
namespace {

constexpr size_t most_options = std::numeric_limits<Point::value_type>::max();
const std::string allowed_count = "; allowed: 1 to " + std::to_string(most_options);

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

// How many lists all_lists makes; where there are more than most_options, some number above it.
size_t count_lists(const ChoiceSpec& spec) {
  size_t count = 0;
  for (const int64_t length : spec.lengths) {
    size_t lists = 1;
    for (int64_t i = 0; i < length && lists <= most_options; ++i) lists *= spec.entries.size();
    count += std::min(lists, most_options + 1);
  }
  return count;
}

std::vector<Json> numbers_of(const SteppedRange& range, const Place& place) {
  const auto text = [](int64_t number) { return std::to_string(number); };
  if (range.from > range.to)
    place.fail("is empty: from " + text(range.from) + " is more than to " + text(range.to) + "; allowed: from <= to");
  const uint64_t span = uint64_t(range.to) - uint64_t(range.from), steps = span / uint64_t(range.step);
  if (steps >= most_options) place.fail("has " + std::to_string(steps + 1) + " values" + allowed_count);
  const int64_t last = range.from + int64_t(steps) * range.step;
  if (last != range.to)
    place.fail("goes from " + text(range.from) + " in steps of " + text(range.step) + " and never meets to, " +
               text(range.to) + "; allowed: to " + text(last) + ", or a step that divides " + std::to_string(span));
  std::vector<Json> numbers;
  for (int64_t i = 0; i <= int64_t(steps); ++i) numbers.emplace_back(range.from + i * range.step);
  return numbers;
}

// Checks that there is one label for each of `count` values, all different and short enough for a name.
void check_labels(const std::vector<std::string>& labels, size_t count, const Place& place) {
  constexpr size_t longest = 24;
  if (!labels.empty() && labels.size() != count)
    place.fail("has " + std::to_string(labels.size()) + " labels for " + std::to_string(count) +
               " values or options; allowed: one for each, or none");
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty() || labels[i].size() > longest)
      place.child(i).fail("is \"" + labels[i] + "\"; allowed: 1 to " + std::to_string(longest) + " letters");
    const auto here = labels.begin() + int64_t(i);
    if (std::find(labels.begin(), here, labels[i]) != here)
      place.child(i).fail("is \"" + labels[i] + "\" a second time");
  }
}

void check_form(const ChoiceSpec& spec, const Place& place) {
  const bool options = !spec.options.empty(), lists = !spec.entries.empty() || !spec.lengths.empty();
  const int forms = !spec.values.empty() + spec.range.has_value() + lists + options;
  if (spec.name.empty()) place.child("name").fail("is empty; every choice needs a name of its own");
  if (options && !spec.path.empty()) place.fail("has options and path; give one of them");
  if (!options && spec.path.empty())
    place.fail("names no field; give path with values, range or entries and lengths, or options");
  if (forms > 1) place.fail("has more than one of values, range, entries with lengths, and options; give one of them");
  if (spec.entries.empty() != spec.lengths.empty()) place.fail("has one of entries and lengths; give both");
  if (forms == 0) place.fail("has no values; give values, range, or entries and lengths");
  if (count_lists(spec) > most_options)
    place.fail("makes its " + std::to_string(spec.entries.size()) + " entries into too many lists" + allowed_count);
  const size_t count = spec.values.size() + spec.options.size();
  if (count > most_options) place.fail("has " + std::to_string(count) + " values" + allowed_count);
  if (!spec.labels.empty() && count == 0)
    place.child("labels").fail("are for values and options; ranges and lists are called by their numbers");
}

void check_options(const std::vector<Json>& options, const Place& place) {
  for (const auto& option : options)
    check_type(place, option, option.is_object() && !option.empty(), "objects of path and value");
  for (const auto& option : options)
    for (const auto& [path, unused] : options.front().items())
      if (!option.contains(path) || option.size() != options.front().size())
        place.fail("set different fields; each option sets all of them");
}

}  // namespace

ChoiceOptions options_of(const ChoiceSpec& spec, const Place& place) {
  check_form(spec, place);
  check_options(spec.options, place.child("options"));
  check_labels(spec.labels, spec.values.size() + spec.options.size(), place.child("labels"));
  ChoiceOptions options;
  if (!spec.options.empty()) {
    options = {spec.options, spec.options};
    if (!spec.labels.empty()) options.labels.assign(spec.labels.begin(), spec.labels.end());
    return options;
  }
  options.labels = spec.values;
  if (spec.range) options.labels = numbers_of(*spec.range, place.child("range"));
  if (!spec.entries.empty()) options.labels = all_lists(spec.entries, spec.lengths);
  for (const auto& value : options.labels) options.patches.push_back(Json{{spec.path, value}});
  return options;
}

}  // namespace mds
