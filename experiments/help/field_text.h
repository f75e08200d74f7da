// The fields of a kind of file as text: for the terminal, as Markdown below a heading, as a list of rows, as a schema.
#pragma once

#include <array>

#include "experiments/help/file_kinds.h"

namespace mds {

enum class HelpFormat : uint8_t { table, md, json, json_schema };

template <>
struct EnumNames<HelpFormat> {
  static constexpr std::array names{"table", "md", "json", "json-schema"};
};

struct FieldFormat {
  HelpFormat format = HelpFormat::table;
  size_t width = 100;  // columns of a table
};

// `type` is the kind's own or that of a part of it.
std::string fields_of_kind(const FileKind& kind, const FieldType& type, const FieldFormat& format);
// Of every kind that can be a file; there is no schema of all.
std::string fields_of_all_kinds(const FieldFormat& format);

}  // namespace mds
