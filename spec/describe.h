// One description of a struct's fields serves its JSON, its defaults, its errors, its help and access by path.
//
//   struct Level {
//     int64_t width = 64;
//     static void describe(auto& self, auto&& field) { field("width", self.width, "channels", at_least(1)); }
//   };
//
// Enumerations name their values by specialising EnumNames; variants of described structs carry a "kind" key.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "spec/error.h"
#include "spec/json_text.h"

namespace mds {

struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool later = false;
};
constexpr Range at_least(double low) { return {.low = low}; }
constexpr Range between(double low, double high) { return {.low = low, .high = high}; }

// Marks a field that was added to its struct after identities (hashes) of such structs were stored. It is written only
// where it differs from its default, and the default means the old behaviour, so that stored hashes stay valid.
constexpr Range later(Range range = {}) {
  range.later = true;
  return range;
}
std::string to_string(const Range& range);

template <class E>
struct EnumNames;  // specialise: static constexpr std::array names{...}, in the order of the enumerators

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires { EnumNames<E>::names.size(); };

template <NamedEnum E>
constexpr std::string_view name_of(E value) {
  return EnumNames<E>::names[size_t(value)];
}

struct AnyField {
  void operator()(std::string_view, auto&, std::string_view, Range = {}) const {}
};
template <class T>
concept Described = std::is_class_v<T> && requires(T value) { T::describe(value, AnyField{}); };

// Where a value stands in the user's input, for error messages: "configs/space.json: levels.2.width".
struct Place {
  std::string source;
  std::string path;
  Place child(std::string_view key) const { return {source, (path.empty() ? "" : path + ".") + std::string(key)}; }
  Place child(size_t index) const { return child(std::to_string(index)); }
  [[noreturn]] void fail(const std::string& message) const;
};

[[noreturn]] void fail_unknown_key(const Place& place, const std::string& key, const std::vector<std::string>& valid);
void check_type(const Place& place, const Json& json, bool matches, std::string_view wanted);
void check_range(const Place& place, double value, const Range& range);

// The same check for a number given by a flag: a RequestError with the flag, the value and the range.
void require_within(const std::string& flag, const Json& value, const Range& range);
std::string shown(const Json& json);  // at most 60 characters of it, for error messages

// --- writing ---------------------------------------------------------------------------------------------------------

template <class T>
Json to_json(const std::vector<T>& values);
template <class T>
Json to_json(const std::optional<T>& value);
template <class... Ts>
Json to_json(const std::variant<Ts...>& value);

template <class T>
Json to_json(const T& value);

// The JSON of those fields for which keep(later, value, name) is true.
template <class T>
Json fields_json(const T& value, const auto& keep) {
  Json json = Json::object();
  T::describe(value, [&](std::string_view name, const auto& field, std::string_view, Range range = {}) {
    const std::string key(name);
    if (Json written = to_json(field); keep(range.later, written, key)) json[key] = std::move(written);
  });
  return json;
}

template <class T>
Json to_json(const T& value) {
  if constexpr (NamedEnum<T>) {
    return std::string(name_of(value));
  } else if constexpr (Described<T>) {
    static const Json absent = fields_json(T{}, [](bool later, const Json&, const std::string&) { return later; });
    return fields_json(value, [](bool later, const Json& field, const std::string& name) {
      return !later || field != absent.at(name);
    });
  } else {
    return Json(value);
  }
}

template <class T>
Json to_json(const std::vector<T>& values) {
  Json json = Json::array();
  for (const auto& value : values) json.push_back(to_json(value));
  return json;
}

template <class T>
Json to_json(const std::optional<T>& value) {
  return value ? to_json(*value) : Json(nullptr);
}

template <class... Ts>
Json to_json(const std::variant<Ts...>& value) {
  return std::visit(
      [](const auto& spec) {
        Json json = to_json(spec);
        json["kind"] = std::string(spec.kind);
        return json;
      },
      value);
}

// --- reading: absent keys keep their defaults, unknown keys and wrong types are errors ------------------------------

template <class T>
void read_json(const Json& json, T& value, const Place& place, Range range = {});

template <class T>
void read_element(const Json& json, std::vector<T>& values, const Place& place, Range range) {
  check_type(place, json, json.is_array(), "a list");
  values.assign(json.size(), T{});
  for (size_t i = 0; i < json.size(); ++i) {
    T element{};
    read_json(json[i], element, place.child(i), range);
    values[i] = std::move(element);
  }
}

template <class T>
void read_element(const Json& json, std::optional<T>& value, const Place& place, Range range) {
  if (json.is_null()) return value.reset();
  value.emplace();
  read_json(json, *value, place, range);
}

template <class... Ts>
void read_element(const Json& json, std::variant<Ts...>& value, const Place& place, Range) {
  const bool has_kind = json.is_object() && json.contains("kind") && json["kind"].is_string();
  check_type(place, json, has_kind, "an object with a \"kind\"");
  Json fields = json;
  fields.erase("kind");
  std::string valid;
  const bool found = ([&] {
    valid += (valid.empty() ? "" : ", ") + std::string(Ts::kind);
    if (json["kind"] != Ts::kind) return false;
    Ts spec{};
    read_json(fields, spec, place);
    value = std::move(spec);
    return true;
  }() || ...);
  if (!found) place.child("kind").fail("is " + shown(json["kind"]) + "; valid: " + valid);
}

template <class T>
void read_object(const Json& json, T& value, const Place& place) {
  check_type(place, json, json.is_object(), "an object");
  std::vector<std::string> valid;
  T::describe(value, [&](std::string_view name, auto& field, std::string_view, Range range = {}) {
    valid.emplace_back(name);
    if (const auto it = json.find(std::string(name)); it != json.end()) read_json(*it, field, place.child(name), range);
  });
  for (const auto& [key, unused] : json.items())
    if (std::find(valid.begin(), valid.end(), key) == valid.end()) fail_unknown_key(place, key, valid);
}

template <NamedEnum E>
void read_enum(const Json& json, E& value, const Place& place) {
  check_type(place, json, json.is_string(), "a name");
  std::string valid;
  for (size_t i = 0; i < EnumNames<E>::names.size(); ++i) {
    if (json == EnumNames<E>::names[i]) return void(value = E(i));
    valid += (i ? ", " : "") + std::string(EnumNames<E>::names[i]);
  }
  place.fail("is " + shown(json) + "; valid: " + valid);
}

template <std::integral T>
void read_whole(const Json& json, T& value, const Place& place, Range range) {
  check_type(place, json, json.is_number_integer(), "a whole number");
  check_range(place, json.get<double>(), range);
  const auto* wide = json.get_ptr<const Json::number_unsigned_t*>();
  if (!(wide ? std::in_range<T>(*wide) : std::in_range<T>(json.get<int64_t>()))) {
    using Limits = std::numeric_limits<T>;
    place.fail("is " + shown(json) + "; allowed: " + std::to_string(Limits::min()) + " to " +
               std::to_string(Limits::max()));
  }
  value = json.get<T>();
}

template <class T>
void read_json(const Json& json, T& value, const Place& place, Range range) {
  if constexpr (NamedEnum<T>) {
    read_enum(json, value, place);
  } else if constexpr (Described<T>) {
    read_object(json, value, place);
  } else if constexpr (std::same_as<T, Json>) {
    value = json;
  } else if constexpr (std::same_as<T, bool>) {
    check_type(place, json, json.is_boolean(), "true or false");
    value = json.get<bool>();
  } else if constexpr (std::integral<T>) {
    read_whole(json, value, place, range);
  } else if constexpr (std::floating_point<T>) {
    check_type(place, json, json.is_number(), "a number");
    check_range(place, json.get<double>(), range);
    value = json.get<T>();
  } else if constexpr (std::same_as<T, std::string>) {
    check_type(place, json, json.is_string(), "text");
    value = json.get<std::string>();
  } else {
    read_element(json, value, place, range);
  }
}

// Builds a T from JSON; `source`, such as a file's name, begins every error message.
template <class T>
T from_json(const Json& json, const std::string& source) {
  T value{};
  read_json(json, value, {source, ""});
  return value;
}

// --- access by path --------------------------------------------------------------------------------------------------

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

// Calls visit(field, range) on the field that a dotted path names ("levels.2.width"); an unknown step is a ConfigError.
// A list of single values is one field: its elements have no path.
template <class T, class Visit>
void visit_path(T& value, std::string_view path, const Place& place, Visit&& visit) {
  const auto dot = path.find('.');
  const std::string head(path.substr(0, dot));
  const auto enter = [&](auto& field, Range range) {
    if (dot == std::string_view::npos) return void(visit(field, range));
    visit_path(field, path.substr(dot + 1), place.child(head), visit);
  };
  if constexpr (Described<T>) {
    bool found = false;
    std::vector<std::string> valid;
    T::describe(value, [&](std::string_view name, auto& field, std::string_view, Range range = {}) {
      valid.emplace_back(name);
      if (name != head) return;
      found = true;
      enter(field, range);
    });
    if (!found) fail_unknown_key(place, head, valid);
  } else if constexpr (is_list<T>) {
    if constexpr (!Described<typename T::value_type>) place.fail("is a list of single values, set as a whole");
    const bool is_index = !head.empty() && head.size() < 6 && head.find_first_not_of("0123456789") == std::string::npos;
    if (!is_index || std::stoul(head) >= value.size())
      place.fail("has no element \"" + head + "\"; allowed: 0 to " + std::to_string(int64_t(value.size()) - 1));
    enter(value.at(std::stoul(head)), Range{});
  } else {
    place.fail("is a single value and has no field \"" + head + "\"");
  }
}

// --- files -----------------------------------------------------------------------------------------------------------

void save_text(const std::string& file, const std::string& text);  // whole or not at all: temporary name, flush, rename

template <class T>
T load_described(const std::string& file, size_t most_bytes = most_json_bytes) {
  return from_json<T>(load_json(file, most_bytes), file);
}

// SHA-256 of the bytes in lower-case hex. The identity of a spec is this hash of its canonical JSON.
std::string sha256(std::string_view bytes);

}  // namespace mds
