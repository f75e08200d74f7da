// Typed reading of a few columns as tuples; row.h reads whole rows. NULL becomes the type's empty value, or no value
// for std::optional.
//
//   for (const auto& [name, params] : select<std::string, int64_t>(database, "SELECT name, params FROM arch WHERE hash
//   = :h", hash))
#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "search/store/database.h"

namespace mds {

template <class... Ts, class... Arguments>
std::vector<std::tuple<Ts...>> select(const Database& database, const std::string& sql, const Arguments&... arguments) {
  std::vector<std::tuple<Ts...>> rows;
  const Query query{.sql = sql, .types = {cell_type<Ts>()...}, .arguments = {to_value(arguments)...}};
  database.query(query, [&](const std::vector<Value>& cells) {
    rows.push_back([&]<size_t... I>(std::index_sequence<I...>) {
      return std::tuple<Ts...>(from_value<Ts>(cells[I])...);
    }(std::index_sequence_for<Ts...>()));
  });
  return rows;
}

}  // namespace mds
