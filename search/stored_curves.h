// Learning curves out of a results database, as policies judge them.
#pragma once

#include <limits>
#include <string>

#include "search/policy.h"
#include "search/store/store.h"

namespace mds {

// The policy's scores of a run, up to an iteration; the candidate is named by its trained network. Values alone come as
// those of one picture. StoreError, with the way out, where samples are wanted and an older program stored none.
Curve stored_curve(const Database& database, const RunRow& run, const PolicyConfig& policy, Detail detail,
                   int64_t last_iteration = std::numeric_limits<int64_t>::max());

// The policy of a stored sweep. StoreError where there is no such sweep, ConfigError where it is damaged.
PolicyConfig stored_policy(const Database& database, const std::string& sweep);

}  // namespace mds
