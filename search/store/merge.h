// Copies the rows of another database, of either kind, into one. Rows are matched by their keys (column.h) and numbered
// anew. Merging twice changes nothing more. A lease is not copied: its run is queued again.
#pragma once

#include <string>

#include "search/store/database.h"

namespace mds {

void merge(Database& database, const std::string& other_file);

// The same into a database without rows; StoreError for another.
void copy(Database& database, const std::string& other_file);

}  // namespace mds
