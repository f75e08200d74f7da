// What a user changes on purpose about rows that are there: a sweep takes more, or rows go with all that nothing else
// needs. Each change is one transaction. Timings stay, as they are a block's and not a sweep's, and so do architectures
// that another run has, that were timed as a whole or that were recorded for themselves.
#pragma once

#include "search/store/store.h"

namespace mds {

struct Removal {
  std::vector<RunStatus> runs{};
  std::vector<TableCount> rows{};  // that went, by table
};

// StoreError where there is no such row, and while a worker holds the lease of a run that would go.
Removal remove_sweep(Store& store, const std::string& name);
Removal remove_run(Store& store, const std::string& sweep, int64_t run);
Removal remove_model(Store& store, const std::string& hash);  // with its scores

// Replaces a sweep's configuration by one that asks for more. With more rungs its finished runs rest at the rung that
// was the last, where they are judged; StoreError while a worker, who would know nothing of that, holds a lease.
void grow_sweep(Store& store, const std::string& name, const std::string& config_json, bool more_rungs);

}  // namespace mds
