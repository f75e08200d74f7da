// Lists in messages.
#pragma once

#include <functional>
#include <string>

namespace mds {

// "a, b, c": what `name` makes of each item (a string, or something one is made of).
template <class Items, class Name = std::identity>
std::string listed(const Items& items, Name name = {}, const std::string& separator = ", ") {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : separator) + std::string(std::invoke(name, item));
  return list;
}

}  // namespace mds
