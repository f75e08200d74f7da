// A stored row names each of its columns once, with the member that holds it:
//
//   struct SweepRow {
//     std::string name{}, config_json{};
//     static constexpr TableTraits table{.name = "sweep"};
//     static void columns(auto& self, auto&& column) {
//       column("name", self.name, {.key = true});
//       column("config_json", self.config_json);
//     }
//   };
//
// The table of a new database, INSERT, SELECT and the match of equal rows in two databases follow from that (row.h).
#pragma once

#include <string>
#include <vector>

#include "search/store/value.h"

namespace mds {

struct ColumnTraits {
  bool key = false;                // one of those columns that tell a row from all others, in every database
  bool number = false;             // the number of the row itself, which the database gives; the column is not written
  bool nullable = false;           // of a reference: the empty member is NULL
  bool bytes = false;              // a std::string that is no text
  bool is_long = false;            // text that may be too long for an index
  const char* parent = nullptr;    // the table that the column refers to by number
  const char* by = nullptr;        // the column of the parent that the member holds in place of the number
  const char* check = nullptr;     // what must hold, in SQL; enumerations and booleans are checked by themselves
  const char* fallback = nullptr;  // DEFAULT, in SQL
};

enum class Storage : uint8_t {
  numbered,  // each row has a number, the column NAME_id, by which others refer to it
  by_key,    // rows lie in the order of their key
  loose,     // rows of many bytes, with an index of their keys
};

struct TableTraits {
  const char* name;
  Storage storage = Storage::numbered;
  bool append_only = false;
  const char* check = nullptr;  // between columns
};

struct StoredColumn {
  std::string name;
  CellType type{};
  bool optional = false;  // may be NULL
  ColumnTraits traits{};
  std::vector<std::string> allowed{};  // names of an enumeration
  bool is_bool = false;
};

struct StoredTable {
  TableTraits traits;
  std::vector<StoredColumn> columns;  // without the number
  std::string name() const { return traits.name; }
  std::string number() const { return name() + "_id"; }
};

template <class T>
StoredColumn column_of(const char* name, const ColumnTraits& traits) {
  StoredColumn column{.name = name,
                      .type = traits.bytes ? CellType::bytes
                              : traits.by  ? CellType::integer
                                           : cell_type<T>(),
                      .optional = traits.nullable || is_optional<T>,
                      .traits = traits,
                      .is_bool = std::is_same_v<T, bool>};
  if constexpr (NamedEnum<T>)
    for (const auto& each : EnumNames<T>::names) column.allowed.emplace_back(each);
  return column;
}

// Calls visit(name, member, traits) for each column of a row.
template <class Row>
void for_each_column(Row& row, auto&& visit) {
  std::remove_const_t<Row>::columns(
      row, [&](const char* name, auto& member, ColumnTraits traits = {}) { visit(name, member, traits); });
}

template <class Row>
StoredTable make_table() {
  StoredTable table{Row::table, {}};
  const Row row{};
  for_each_column(row, [&]<class T>(const char* name, const T& member, const ColumnTraits& traits) {
    (void)member;
    if (!traits.number) table.columns.push_back(column_of<T>(name, traits));
  });
  return table;
}

template <class Row>
const StoredTable& table_of() {
  static const StoredTable table = make_table<Row>();
  return table;
}

}  // namespace mds
