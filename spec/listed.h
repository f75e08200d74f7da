// Joins the items of a list for a message.
#pragma once

#include <functional>
#include <string>

namespace mds {

// "a, b, c": `name` turns each item into its text (a string, or something that a string can be made of).
template <class Items, class Name = std::identity>
std::string listed(const Items& items, Name name = {}, const std::string& separator = ", ") {
  std::string list;
  for (const auto& item : items) list += (list.empty() ? "" : separator) + std::string(std::invoke(name, item));
  return list;
}

}  // namespace mds
