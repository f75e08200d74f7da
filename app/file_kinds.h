// The kinds of file that mdsearch reads, and their larger parts, as fields.
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
  bool whole_file = true;  // not a part of other files alone
};

std::span<const FileKind> file_kinds();

// Fields as text: for the terminal, as Markdown under a heading, and as a list of rows.
std::string fields_text(const FileKind& kind, const FieldType& type);
std::string fields_markdown(const FileKind& kind, const FieldType& type);
Json fields_json(const FileKind& kind, const FieldType& type);

}  // namespace mds
