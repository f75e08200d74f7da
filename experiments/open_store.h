// Opens the database of a command that may fail before it has anything to store.
#pragma once

#include <memory>

#include "search/store/store.h"

namespace mds {

// Opens the file if it exists, so that its problems are reported at once. Null where there is none: a command creates
// it only when it has its first row.
std::unique_ptr<Database> open_if_there(const std::string& file);

// The store that open_if_there returned, or a new one in a new file.
Database& open_for_rows(std::unique_ptr<Database>& database, const std::string& file);

}  // namespace mds
