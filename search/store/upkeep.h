// Changes that a user asks for: extend a sweep, or remove stored rows together with all that nothing else needs.
// Each change is one transaction. Timings stay, because they belong to a block and not to a sweep. So do architectures
// that another run uses, that were timed as a whole or that were recorded on their own.
#pragma once

#include "search/store/inspection.h"
#include "search/store/runs.h"

namespace mds {

struct Removal {
  std::vector<RunRow> runs{};
  std::vector<TableCount> rows{};  // removed rows, by table
};

// StoreError where there is no such row, and while a worker holds the lease of a run to be removed.
Removal remove_sweep(Database& database, const std::string& name);
Removal remove_run(Database& database, const std::string& sweep, int64_t run);
Removal remove_model(Database& database, const std::string& hash);  // and its scores

// Replaces a sweep's configuration by one that asks for more. With more rungs, finished runs pause at the rung that was
// the last one, to be judged there. StoreError while a worker holds a lease, as it would not know of the change.
void grow_sweep(Database& database, const std::string& name, const std::string& config_json, bool more_rungs);

}  // namespace mds
