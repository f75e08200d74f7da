// The database of a command that may fail before there is anything to store.
#pragma once

#include <memory>

#include "search/store/store.h"

namespace mds {

// What is wrong with a file that is there is said at once; null where there is none, which only a command that has come
// to its first row may make.
std::unique_ptr<Store> open_if_there(const std::string& file);

// The store that open_if_there gave, or the new file.
Store& opened(std::unique_ptr<Store>& store, const std::string& file);

}  // namespace mds
