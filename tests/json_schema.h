// Checks values against the subset of JSON Schema that `json_schema` writes.
#pragma once

#include <algorithm>
#include <string>

#include "spec/describe.h"

namespace mds {

inline bool has_json_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_number_integer();
  return type == "number" && value.is_number();
}

// Why the value does not fit the schema, with its place; empty where it fits.
inline std::string misfit(const Json& value, const Json& schema, const std::string& place = "value") {
  const auto fits = [&](const Json& one) { return misfit(value, one, place).empty(); };
  if (schema.contains("type") && !has_json_type(value, schema["type"])) return place + " is of another type";
  if (schema.contains("const") && value != schema["const"]) return place + " is not " + schema["const"].dump();
  if (schema.contains("enum") && std::ranges::count(schema["enum"], value) == 0) return place + " is not in the list";
  if (schema.contains("oneOf") && std::ranges::count_if(schema["oneOf"], fits) != 1) return place + " fits not one";
  if (schema.contains("anyOf") && std::ranges::count_if(schema["anyOf"], fits) == 0) return place + " fits none";
  if (schema.contains("minimum") && value < schema["minimum"]) return place + " is too small";
  if (schema.contains("maximum") && value > schema["maximum"]) return place + " is too large";
  for (const auto& key : schema.value("required", Json::array()))
    if (!value.contains(key.get<std::string>())) return place + " lacks " + key.dump();
  if (schema.contains("items"))
    for (size_t i = 0; i < value.size(); ++i)
      if (auto why = misfit(value[i], schema["items"], place + "." + std::to_string(i)); !why.empty()) return why;
  if (!schema.contains("properties")) return "";
  for (const auto& [key, inner] : value.items()) {
    if (!schema["properties"].contains(key)) return place + " has the unknown key " + key;
    if (auto why = misfit(inner, schema["properties"][key], place + "." + key); !why.empty()) return why;
  }
  return "";
}

}  // namespace mds
