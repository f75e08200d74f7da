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
const FileKind* find_kind(const std::string& name);  // null where there is none

// A list of all kinds, in lines of at most `width` columns.
std::string kinds_text(size_t width);

}  // namespace mds
