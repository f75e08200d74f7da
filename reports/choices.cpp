#include "reports/choices.h"

#include <algorithm>
#include <map>
#include <set>

#include "spec/listed.h"

namespace mds {
namespace {

Json value_of(const Json& row, const std::string& choice) {
  return row.is_object() && row.contains(choice) ? row[choice] : Json();
}

std::string words(const Json& value) {
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// Short names for the fields in which options differ: the shortest ends of their paths that are unique.
std::map<std::string, std::string> short_names(const std::set<std::string>& paths) {
  const auto end_of = [](const std::string& path, size_t parts) {
    size_t at = path.size();
    for (size_t i = 0; i < parts && at != path.npos && at > 0; ++i) at = path.rfind('.', at - 1);
    return at == path.npos || at == 0 ? path : path.substr(at + 1);
  };
  std::map<std::string, std::string> names;
  for (const auto& path : paths)
    for (size_t parts = 1; parts <= 8; ++parts) {
      names[path] = end_of(path, parts);
      const auto alike =
          std::count_if(paths.begin(), paths.end(), [&](auto& other) { return end_of(other, parts) == names[path]; });
      if (alike == 1) break;
    }
  return names;
}

std::vector<Json> short_options(const std::vector<Json>& values) {
  std::map<std::string, std::set<std::string>> seen;
  for (const auto& value : values)
    if (value.is_object())
      for (const auto& [path, field] : value.items()) seen[path].insert(field.dump());
  std::set<std::string> differing;
  for (const auto& [path, fields] : seen)
    if (fields.size() > 1) differing.insert(path);
  const auto names = short_names(differing);
  std::vector<Json> texts;
  for (const auto& value : values) {
    if (!value.is_object()) {
      texts.push_back(value);
      continue;
    }
    std::vector<std::string> parts;
    for (const auto& [path, name] : names)
      if (value.contains(path)) parts.push_back(name + " " + words(value[path]));
    texts.push_back(listed(parts));
  }
  return texts;
}

}  // namespace

std::vector<std::string> varying_choices(const std::vector<Json>& rows) {
  std::map<std::string, std::set<std::string>> seen;
  for (const auto& row : rows)
    if (row.is_object())
      for (const auto& [name, value] : row.items()) seen[name];
  for (const auto& row : rows)
    for (auto& [name, values] : seen) values.insert(value_of(row, name).dump());
  std::vector<std::string> names;
  for (const auto& [name, values] : seen)
    if (values.size() > 1) names.push_back(name);
  return names;
}

std::vector<Json> choice_values(const std::vector<Json>& rows, const std::string& choice) {
  std::vector<Json> values;
  for (const auto& row : rows) values.push_back(value_of(row, choice));
  const bool options = std::any_of(values.begin(), values.end(), [](const Json& value) { return value.is_object(); });
  if (options) return short_options(values);
  for (auto& value : values)
    if (value.is_array()) value = value.dump();
  return values;
}

void add_choice_columns(Table& table, const std::vector<Json>& rows) {
  for (const auto& name : varying_choices(rows)) {
    const auto values = choice_values(rows, name);
    const bool options =
        std::any_of(rows.begin(), rows.end(), [&](const Json& row) { return value_of(row, name).is_object(); });
    table.columns.push_back({.name = "choices." + name,
                             .header = name,
                             .audience = Audience::people,
                             .weight = options ? Weight::minor : Weight::usual});
    for (size_t r = 0; r < rows.size(); ++r) table.rows[r].push_back(values[r]);
  }
}

}  // namespace mds
