#include "spec/fields.h"

#include <cmath>

#include "spec/nearest.h"
#include "spec/number.h"

namespace mds {
namespace {

using Kind = FieldType::Kind;

// "a, b or c".
std::string either(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

std::string noun_of(const FieldType& type, bool plural) {
  const std::string s = plural ? "s" : "";
  switch (type.kind) {
    case Kind::truth:
      return plural ? "truth values" : "true or false";
    case Kind::whole:
      return "whole number" + s;
    case Kind::number:
      return "number" + s;
    case Kind::text:
      return "text" + s;
    case Kind::name:
      return (plural ? "names: " : "") + either(type.names);
    case Kind::object:
      return "object" + s;
    case Kind::list:
      return (plural ? "lists of " : "list of ") + noun_of(type.inner.front(), true);
    case Kind::alternatives:
      return "object" + s + " of kind " + either(type.names);
    case Kind::any:
      break;
  }
  return plural ? "JSON values" : "any JSON";
}

// Limits that are whole numbers are written without a decimal point, as people and editors expect.
Json plain(double value) {
  const bool whole = std::abs(value) < 1e15 && value == std::floor(value);
  return whole ? Json(int64_t(value)) : Json(value);
}

Json schema_of(const FieldType& type, const Range& range);

Json object_schema(const FieldType& type) {
  Json properties = Json::object();
  for (const auto& field : type.fields) {
    Json schema = schema_of(field.type, field.range);
    schema["description"] = field.meaning;
    if (field.type.kind != Kind::object || field.type.null) schema["default"] = field.fallback;
    properties[field.name] = std::move(schema);
  }
  return {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

Json alternatives_schema(const FieldType& type) {
  Json list = Json::array();
  for (size_t i = 0; i < type.inner.size(); ++i) {
    Json schema = object_schema(type.inner[i]);
    if (!type.names[i].empty()) {
      schema["properties"]["kind"] = {{"const", type.names[i]}};
      if (i > 0 || !type.kind_may_be_absent) schema["required"] = {"kind"};
    }
    list.push_back(std::move(schema));
  }
  return {{"oneOf", std::move(list)}};
}

Json number_schema(const char* type, const Range& range) {
  Json schema{{"type", type}};
  if (std::isfinite(range.low)) schema["minimum"] = plain(range.low);
  if (std::isfinite(range.high)) schema["maximum"] = plain(range.high);
  return schema;
}

Json bare_schema(const FieldType& type, const Range& range) {
  switch (type.kind) {
    case Kind::truth:
      return {{"type", "boolean"}};
    case Kind::whole:
      return number_schema("integer", range);
    case Kind::number:
      return number_schema("number", range);
    case Kind::text:
      return {{"type", "string"}};
    case Kind::name:
      return {{"enum", type.names}};
    case Kind::object:
      return object_schema(type);
    case Kind::list:
      return {{"type", "array"}, {"items", schema_of(type.inner.front(), range)}};
    case Kind::alternatives:
      return alternatives_schema(type);
    case Kind::any:
      break;
  }
  return Json::object();
}

Json schema_of(const FieldType& type, const Range& range) {
  Json schema = bare_schema(type, range);
  if (!type.null) return schema;
  Json either_way = Json::array();
  either_way.push_back(std::move(schema));
  either_way.push_back({{"type", "null"}});
  return {{"anyOf", std::move(either_way)}};
}

// The type that a step of a dotted path leads to; null where this type has no such step.
const FieldType* step_into(const FieldType& type, const std::string& step, std::vector<std::string>& known) {
  if (type.kind == Kind::list) {
    const bool is_index = !step.empty() && step.find_first_not_of("0123456789") == std::string::npos;
    return is_index ? &type.inner.front() : step_into(type.inner.front(), step, known);
  }
  for (const auto& field : type.fields) {
    known.push_back(field.name);
    if (field.name == step) return &field.type;
  }
  for (size_t i = 0; i < type.inner.size(); ++i) {
    known.push_back(type.names[i]);
    if (type.names[i] == step) return &type.inner[i];
    if (const auto* found = step_into(type.inner[i], step, known)) return found;
  }
  return nullptr;
}

// The kind of value at a path; for a list, the kind of its elements.
Kind kind_at(const FieldType& type, const std::string& path) {
  try {
    return part_of(type, path).kind;
  } catch (const ConfigError&) {
    return Kind::any;
  }
}

}  // namespace

std::string allowed_text(const Field& field) {
  const std::string range = to_string(field.range), null = field.type.null ? ", or null" : "";
  return noun_of(field.type, false) + (range.empty() ? "" : ", " + range) + null;
}

const FieldType& part_of(const FieldType& type, const std::string& path) {
  const FieldType* part = &type;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const std::string step = path.substr(begin, end - begin);
    std::vector<std::string> known;
    part = step_into(*part, step, known);
    if (!part) throw ConfigError("\"" + step + "\" of \"" + path + "\" is not a known field" + offer(step, known));
    begin = end + 1;
  }
  return *part;
}

Json json_schema(const FieldType& type, const std::string& title) {
  Json schema = schema_of(type, {});
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = title;
  const auto name_schema = [](Json& object) { object["properties"]["$schema"] = {{"type", "string"}}; };
  if (schema.contains("oneOf"))
    for (auto& object : schema["oneOf"]) name_schema(object);
  else if (type.kind == Kind::object)
    name_schema(schema);
  return schema;
}

void assign(Json& json, const FieldType& type, const std::string& assignment) {
  const auto equals = std::min(assignment.find('='), assignment.size());
  const std::string key = assignment.substr(0, equals);
  const std::string text = equals < assignment.size() ? assignment.substr(equals + 1) : "";
  const Kind kind = kind_at(type, key);
  Json number;
  if (const auto whole = parse_whole(text); whole && (kind == Kind::whole || kind == Kind::number)) number = *whole;
  if (const auto real = parse_number(text); real && number.is_null() && kind == Kind::number) number = *real;
  overlay(json, number.is_null() ? assignment : key + "=" + number.dump());
}

}  // namespace mds
