#include "search/field.h"

#include <algorithm>
#include <numeric>

namespace mds {
namespace {

using List = std::vector<int64_t>;
using Levels = std::vector<LevelSpec>;

bool is_index(std::string_view text) {
  return !text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Calls use(field, range) on the field at position `ordinal` of the description.
template <class Struct>
void with_field(Struct& object, size_t ordinal, auto&& use) {
  size_t next = 0;
  std::remove_const_t<Struct>::describe(object, [&](std::string_view, auto& field, std::string_view, Range range = {}) {
    if (next++ == ordinal) use(field, range);
  });
}

void with_field(auto& network, int64_t level, size_t ordinal, auto&& use) {
  if (level < 0) return with_field(network, ordinal, use);
  with_field(network.levels[size_t(level)], ordinal, use);
}

template <class Field>
inline constexpr bool is_single = !std::same_as<Field, List> && !std::same_as<Field, Levels>;

List levels_of(const Json& json, const Place& place) {
  const auto range = between(1, 64);
  List levels;
  if (json.is_number()) {
    int64_t count = 0;
    read_json(json, count, place, range);
    levels.resize(size_t(count));
    std::iota(levels.begin(), levels.end(), 0);
    return levels;
  }
  check_type(place, json, json.is_array() && !json.empty(),
             "a number of levels, or a list of which levels stay, such as [0, 2]");
  read_json(json, levels, place, between(0, 63));
  return levels;
}

}  // namespace

FieldPath::FieldPath(const std::string& path, UNetSpec& widest, const Place& place) {
  const auto dot = path.rfind('.');
  const bool indexed = dot != std::string::npos && is_index(path.substr(dot + 1)) && path.substr(0, dot) != "levels";
  const std::string field_path = indexed ? path.substr(0, dot) : path;
  const Place here = place.child(field_path);
  visit_path(widest, field_path, place, [&](auto& field, Range) {
    using Field = std::remove_cvref_t<decltype(field)>;
    list_ = mds::is_list<Field>;
    whole_ = std::same_as<Field, Levels> || std::same_as<Field, LevelSpec>;
    number_ = std::same_as<Field, int64_t> || (indexed && std::same_as<Field, List>);
    locate(&field, widest);
    if (!indexed) return;
    if constexpr (std::same_as<Field, List>) {
      element_ = std::stol(path.substr(dot + 1));
      check_element(field.size(), here);
    } else {
      here.fail("is no list and has no element \"" + path.substr(dot + 1) + "\"");
    }
  });
}

void FieldPath::check_element(size_t size, const Place& place) const {
  if (size_t(element_) >= size)
    place.fail("has no element \"" + std::to_string(element_) +
               (size > 0 ? "\"; allowed: 0 to " + std::to_string(size - 1) : "\"; it is empty in every base"));
}

// Finds the description (the network's or a level's) that holds the address, and the field's position in it.
void FieldPath::locate(const void* address, UNetSpec& widest) {
  const auto search = [&](auto& object) {
    size_t next = 0;
    std::remove_cvref_t<decltype(object)>::describe(object,
                                                    [&](std::string_view, auto& field, std::string_view, Range = {}) {
                                                      if (static_cast<const void*>(&field) == address) ordinal_ = next;
                                                      ++next;
                                                    });
  };
  for (size_t i = 0; i < widest.levels.size(); ++i) {
    const auto* level = reinterpret_cast<const char*>(&widest.levels[i]);
    if (address < level || address >= level + sizeof(LevelSpec)) continue;
    level_ = int64_t(i);
    return search(widest.levels[i]);
  }
  search(widest);
}

FieldPath::Value FieldPath::parse(const Json& json, const Place& place) const {
  if (is_levels()) return levels_of(json, place);
  if (whole_) {
    LevelSpec level;
    read_json(json, level, place);
    return level;
  }
  Value value;
  UNetSpec sample;
  sample.levels.resize(size_t(std::max<int64_t>(1, level_ + 1)));
  with_field(sample, level_, ordinal_, [&](auto& field, Range range) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::same_as<Field, List>) {
      int64_t element = 0;
      element_ < 0 ? read_json(json, field, place, range) : read_json(json, element, place, range);
      value = element_ < 0 ? Value(field) : Value(element);
    } else if constexpr (is_single<Field>) {
      read_json(json, field, place, range);
      value = int64_t(field);
    }
  });
  return value;
}

bool FieldPath::in(const UNetSpec& network) const {
  if (level_ >= int64_t(network.levels.size())) return false;
  if (element_ < 0) return true;
  bool has = false;
  with_field(network, level_, ordinal_, [&](const auto& field, Range) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(field)>, List>) has = element_ < int64_t(field.size());
  });
  return has;
}

bool FieldPath::fits(const UNetSpec& network, const Value& value) const {
  if (!is_levels()) return in(network);
  const List& stay = std::get<List>(value);
  return std::all_of(stay.begin(), stay.end(), [&](int64_t i) { return i < int64_t(network.levels.size()); });
}

FieldPath::Value FieldPath::get(const UNetSpec& network) const {
  if (whole_) return level_ < 0 ? Value(network.levels) : Value(network.levels[size_t(level_)]);
  Value value;
  with_field(network, level_, ordinal_, [&](const auto& field, Range) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::same_as<Field, List>) {
      value = element_ < 0 ? Value(field) : Value(field[size_t(element_)]);
    } else if constexpr (is_single<Field>) {
      value = int64_t(field);
    }
  });
  return value;
}

void FieldPath::set(UNetSpec& network, const Value& value) const {
  if (is_levels()) {
    if (const auto* levels = std::get_if<Levels>(&value)) return void(network.levels = *levels);
    Levels levels;
    for (const int64_t i : std::get<List>(value)) levels.push_back(network.levels[size_t(i)]);
    return void(network.levels = std::move(levels));
  }
  if (whole_) return void(network.levels[size_t(level_)] = std::get<LevelSpec>(value));
  with_field(network, level_, ordinal_, [&](auto& field, Range) {
    using Field = std::remove_cvref_t<decltype(field)>;
    if constexpr (std::same_as<Field, List>) {
      if (element_ < 0)
        field = std::get<List>(value);
      else
        field[size_t(element_)] = std::get<int64_t>(value);
    } else if constexpr (is_single<Field>) {
      field = Field(std::get<int64_t>(value));
    }
  });
}

bool FieldPath::overlaps(const FieldPath& other) const {
  if (is_levels() || other.is_levels()) return is_levels() ? other.is_levels() || other.is_of_level() : is_of_level();
  if (level_ != other.level_) return false;
  if (whole_ || other.whole_) return true;
  return ordinal_ == other.ordinal_ && (element_ < 0 || other.element_ < 0 || element_ == other.element_);
}

bool FieldPath::depends_on(const FieldPath& other) const { return is_levels() ? other.is_levels() : overlaps(other); }

int64_t length_of(const FieldPath::Value& value) {
  if (const auto* levels = std::get_if<Levels>(&value)) return int64_t(levels->size());
  return int64_t(std::get<List>(value).size());
}

int64_t sum_of(const FieldPath::Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  const List& list = std::get<List>(value);
  return std::accumulate(list.begin(), list.end(), int64_t(0));
}

}  // namespace mds
