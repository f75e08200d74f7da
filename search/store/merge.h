// Copies the rows of another database into one. Rows are matched by their keys (column.h) and numbered anew. Merging
// twice changes nothing more. A lease is not copied: its run is queued again.
#pragma once

#include <string>

#include "search/store/database.h"

namespace mds {

void merge(Database& database, const std::string& other_file);

}  // namespace mds
