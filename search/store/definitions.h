// Whether a file's tables, views and triggers are those that this program makes: another program's view in the place of
// one of ours would run with every query, without end if it likes, and its trigger with every write.
#pragma once

#include "search/store/database.h"

namespace mds {

// StoreError with the name of one that is not; for a database of the current version. Views and tables under names that
// this program has not may be there: nothing asks for them.
void refuse_foreign_definitions(const Database& database);

}  // namespace mds
