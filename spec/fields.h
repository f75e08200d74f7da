// The fields of a described struct as a tree of data, from which help pages, JSON schemas and completion are printed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/describe.h"
#include "spec/error.h"

namespace mds {

struct Field;

// Which values a field may have.
struct FieldType {
  enum class Kind : uint8_t { truth, whole, number, text, name, object, list, alternatives, any };
  Kind kind = Kind::any;
  bool null = false;                 // whether null is allowed too
  std::vector<std::string> names{};  // of an enumeration's values, or of the alternatives' kinds
  std::vector<Field> fields{};       // of an object
  std::vector<FieldType> inner{};    // a list's elements, or the objects of the alternatives
  bool kind_may_be_absent = false;   // an absent "kind" then means the first alternative
};

struct Field {
  std::string name;
  std::string meaning;
  Json fallback;  // the value that holds where the key is absent
  Range range;    // of the number, or of each number in the list
  FieldType type;
};

// The type of a value; the defaults of nested fields are what this value holds.
template <class T>
FieldType type_of(const T& value);

template <class T>
concept AnyOf = requires(const T& value) { []<class... Ts>(const std::variant<Ts...>&) {}(value); };

template <class... Ts>
FieldType type_of_alternatives(const std::variant<Ts...>*) {
  return {.kind = FieldType::Kind::alternatives, .names = {std::string(Ts::kind)...}, .inner = {type_of(Ts{})...}};
}

template <class T>
FieldType type_of_object(const T& value) {
  FieldType type{.kind = FieldType::Kind::object};
  T::describe(value, [&](std::string_view name, const auto& field, std::string_view meaning, Range range = {}) {
    type.fields.push_back({std::string(name), std::string(meaning), to_json(field), range, type_of(field)});
  });
  return type;
}

template <class T>
FieldType type_of_list(const std::vector<T>&) {
  return {.kind = FieldType::Kind::list, .inner = {type_of(T{})}};
}

template <class T>
FieldType type_of_optional(const std::optional<T>& value) {
  FieldType type = type_of(value ? *value : T{});
  type.null = true;
  return type;
}

template <class T>
FieldType type_of(const T& value) {
  using Kind = FieldType::Kind;
  if constexpr (NamedEnum<T>) {
    FieldType type{.kind = Kind::name};
    for (const auto& name : EnumNames<T>::names) type.names.emplace_back(name);
    return type;
  } else if constexpr (AnyOf<T>) {
    FieldType type = type_of_alternatives(&value);
    type.kind_may_be_absent = Described<T>;
    return type;
  } else if constexpr (Described<T>) {
    return type_of_object(value);
  } else if constexpr (std::same_as<T, Json>) {
    return {.kind = Kind::any};
  } else if constexpr (std::same_as<T, bool>) {
    return {.kind = Kind::truth};
  } else if constexpr (std::integral<T>) {
    return {.kind = Kind::whole};
  } else if constexpr (std::floating_point<T>) {
    return {.kind = Kind::number};
  } else if constexpr (std::same_as<T, std::string>) {
    return {.kind = Kind::text};
  } else if constexpr (is_list<T>) {
    return type_of_list(value);
  } else {
    return type_of_optional(value);
  }
}

// "whole number, at least 1", "softmax or relu", "list of numbers, 0 to 64".
std::string allowed_text(const Field& field);

// The part of a type that a dotted path leads to ("loop", "stage.encoders"); elements of lists cannot be steps of a
// path. Where a step is not a field, a ConfigError lists the fields that there are.
const FieldType& part_of(const FieldType& type, const std::string& path);

// A JSON Schema (draft 2020-12) of a file that holds a value of this type.
Json json_schema(const FieldType& type, const std::string& title);

// Sets "a.b.c=value", as given to the flag --set, in a document of this type. Where the field holds a number, it may be
// typed as 1e3 or 2.5k; a value that is not JSON is text. RequestError where the document has no such place.
void assign(Json& json, const FieldType& type, const std::string& assignment);

// Values for fields of a described struct, as text.
using GivenFields = std::map<std::string, std::string>;

// `defaults` with the given fields replaced; RequestError names the field, the value and what is allowed.
template <Described T>
T with_given(const T& defaults, const GivenFields& given) {
  Json json = to_json(defaults);
  for (const auto& [name, text] : given) assign(json, type_of(T{}), name + "=" + text);
  try {
    return from_json<T>(json, "request");
  } catch (const ConfigError& error) {
    throw RequestError(error.what());
  }
}

// Reads a described struct from its file, with the values of --set replaced; ConfigError as for the file.
template <Described T>
T load_with(const std::string& file, const std::vector<std::string>& settings) {
  Json json = load_json(file);
  for (const auto& setting : settings) assign(json, type_of(T{}), setting);
  return from_json<T>(json, file);
}

}  // namespace mds
