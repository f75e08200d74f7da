// Queues runs of sweeps again.
#pragma once

#include "reports/table.h"
#include "search/store/store.h"

namespace mds {

// Queues again a run by its number or the runs of NAME@SWEEP, which failed or finished, or the failed runs of a sweep.
// Returns them as rows. RequestError where the name means none.
Table retried(Database& database, const std::string& name);

}  // namespace mds
