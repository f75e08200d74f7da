// The kinds of files that mdsearch reads, and their larger parts, described by their fields.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "spec/fields.h"

namespace mds {

struct FileKind {
  std::string_view name;
  std::string_view summary;  // a sentence
  FieldType (*type)();
  bool whole_file = true;  // can be a file, not only a part of one
};

std::span<const FileKind> file_kinds();

// The fields as text: for the terminal, as Markdown below a heading, and as a list of rows.
std::string fields_text(const FileKind& kind, const FieldType& type);
std::string fields_markdown(const FileKind& kind, const FieldType& type);
Json fields_json(const FileKind& kind, const FieldType& type);

}  // namespace mds
