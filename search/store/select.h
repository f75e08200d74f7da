// Typed reading: rows of a query as tuples. NULL becomes the type's empty value, or no value for std::optional.
//
//   for (const auto& [name, params] : select<std::string, int64_t>(store, "SELECT name, params FROM arch WHERE hash =
//   :h", hash))
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "search/store/store.h"

namespace mds {

template <class T>
struct Cell {
  T value{};
  soci::indicator mark = soci::i_ok;
  T taken() const { return mark == soci::i_ok ? value : T{}; }
};
template <class T>
struct Cell<std::optional<T>> {
  T value{};
  soci::indicator mark = soci::i_ok;
  std::optional<T> taken() const { return mark == soci::i_ok ? std::optional(value) : std::nullopt; }
};

template <class... Ts, class... Arguments>
std::vector<std::tuple<Ts...>> select(const Store& store, const std::string& query, const Arguments&... arguments) {
  std::vector<std::tuple<Ts...>> rows;
  store.guarded([&] {
    std::tuple<Cell<Ts>...> cells;
    auto prepared = store.reading_session().prepare << query;
    std::apply([&](auto&... cell) { ((prepared, soci::into(cell.value, cell.mark)), ...); }, cells);
    ((prepared, soci::use(arguments)), ...);
    soci::statement statement = prepared;
    for (bool more = statement.execute(true); more; more = statement.fetch())
      rows.push_back(std::apply([](const auto&... cell) { return std::tuple<Ts...>(cell.taken()...); }, cells));
  });
  return rows;
}

}  // namespace mds
