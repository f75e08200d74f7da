#include "experiments/help/field_text.h"

#include "spec/json_text.h"
#include "spec/wrapped.h"

namespace mds {
namespace {

using Kind = FieldType::Kind;

struct FieldRow {
  std::string path, allowed, fallback, meaning;
};

// The fields of one object and of the objects inside it. Each alternative of a field has its own section.
struct Section {
  std::string title;
  std::vector<FieldRow> rows;
};

std::string fallback_text(const Field& field) {
  if (field.type.kind == Kind::object && !field.type.null) return "";
  if (field.type.kind == Kind::alternatives && field.fallback.is_object()) return field.fallback.value("kind", "");
  if (field.type.kind == Kind::list && !field.fallback.empty() && field.fallback.front().is_object())
    return "a list of " + std::to_string(field.fallback.size());
  return field.fallback.is_number() ? shown_number(field.fallback) : field.fallback.dump();
}

class Walk {
 public:
  std::vector<Section> sections;

  void start(const FieldType& type) {
    if (type.kind == Kind::object) sections.push_back({"", {}});
    into(type, "", 0);
  }

 private:
  void into(const FieldType& type, const std::string& path, size_t section) {
    if (type.kind == Kind::list) into(type.inner.front(), path + "[]", section);
    for (const auto& field : type.fields) row(field, path.empty() ? "" : path + ".", section);
    if (type.kind != Kind::alternatives) return;
    for (size_t i = 0; i < type.inner.size(); ++i) {
      const std::string of = path.empty() ? "" : path + " ", kind = type.names[i];
      sections.push_back({of + (kind.empty() ? "without kind" : "of kind " + kind), {}});
      into(type.inner[i], path, sections.size() - 1);
    }
  }

  void row(const Field& field, const std::string& before, size_t section) {
    sections[section].rows.push_back({before + field.name, allowed_text(field), fallback_text(field), field.meaning});
    into(field.type, before + field.name, section);
  }
};

std::vector<Section> sections_of(const FieldType& type) {
  Walk walk;
  walk.start(type);
  return walk.sections;
}

std::string escaped(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  return text;
}

std::string fields_text(const FileKind& kind, const FieldType& type, size_t width) {
  constexpr size_t indent = 6;
  std::string text = wrapped(std::string(kind.summary), 0, width) + "\n";
  for (const auto& section : sections_of(type)) {
    text += "\n" + (section.title.empty() ? "" : section.title + ":\n\n");
    for (const auto& [path, allowed, fallback, meaning] : section.rows) {
      const std::string limits = allowed + (fallback.empty() ? "" : "; default: " + fallback);
      text += "  " + wrapped(path + "  (" + limits + ")", indent, width - indent) + "\n" + std::string(indent, ' ') +
              wrapped(meaning, indent, width - indent) + "\n";
    }
  }
  return text;
}

std::string fields_markdown(const FileKind& kind, const FieldType& type) {
  std::string text = "## " + std::string(kind.name) + "\n\n" + std::string(kind.summary) + "\n";
  for (const auto& section : sections_of(type)) {
    if (!section.title.empty()) text += "\n### " + std::string(kind.name) + ": " + section.title + "\n";
    text += "\n| field | allowed | default | meaning |\n|---|---|---|---|\n";
    for (const auto& [path, allowed, fallback, meaning] : section.rows)
      text += "| `" + path + "` | " + escaped(allowed) + " | " +
              (fallback.empty() ? "" : "`" + escaped(fallback) + "`") + " | " + escaped(meaning) + " |\n";
  }
  return text;
}

Json fields_json(const FileKind& kind, const FieldType& type) {
  Json rows = Json::array();
  for (const auto& section : sections_of(type))
    for (const auto& [path, allowed, fallback, meaning] : section.rows)
      rows.push_back(
          {{"of", section.title}, {"field", path}, {"allowed", allowed}, {"default", fallback}, {"meaning", meaning}});
  return {{"kind", kind.name}, {"summary", kind.summary}, {"fields", rows}};
}

constexpr std::string_view all_heading =
    "# The fields of every file\n\n"
    "This page is printed by the program: `mdsearch help --all --format md > docs/configs.md`. `mdsearch help KIND` "
    "says\n"
    "the same in a terminal, and `mdsearch help KIND --format json-schema` writes a schema from which editors "
    "complete: put\n"
    "its file's name into the key `\"$schema\"` of a configuration. Comments are allowed in all these files. A key "
    "that is\n"
    "absent has its default; a key that is not listed here is an error. `x[]` is each element of the list `x`.\n";

}  // namespace

std::string fields_of_kind(const FileKind& kind, const FieldType& type, const FieldFormat& format) {
  switch (format.format) {
    case HelpFormat::table:
      return fields_text(kind, type, format.width);
    case HelpFormat::md:
      return fields_markdown(kind, type);
    case HelpFormat::json:
      return fields_json(kind, type).dump(2) + "\n";
    case HelpFormat::json_schema:
      break;
  }
  return json_schema(type, "mdsearch: " + std::string(kind.name)).dump(2) + "\n";
}

std::string fields_of_all_kinds(const FieldFormat& format) {
  Json list = Json::array();
  std::string text(format.format == HelpFormat::md ? all_heading : "");
  for (const auto& kind : file_kinds()) {
    if (!kind.whole_file) continue;
    text += (text.empty() ? "" : "\n") + fields_of_kind(kind, kind.type(), format);
    list.push_back(fields_json(kind, kind.type()));
  }
  return format.format == HelpFormat::json ? list.dump(2) + "\n" : text;
}

}  // namespace mds
