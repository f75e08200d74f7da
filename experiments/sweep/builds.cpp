#include "experiments/sweep/builds.h"

#include <algorithm>

#include "experiments/recording.h"
#include "search/store/machines.h"
#include "trainer/run_identity.h"

namespace mds {

std::string other_build(const Database& database, const std::string& sweep) {
  const auto known = stored_rows<EnvRow>(database,
                                         "WHERE env_id IN (SELECT env_id FROM run JOIN sweep USING (sweep_id) WHERE "
                                         "sweep.name = :sweep) ORDER BY env_id DESC",
                                         sweep);
  const Json own = build_of(this_env());
  const bool is_known = std::ranges::any_of(known, [&](const EnvRow& env) { return build_of(env) == own; });
  if (known.empty() || is_known) return "";
  return "the sweep " + sweep +
         " is trained by another build of mdsearch: " + identity_difference(build_of(known.front()).dump(), own.dump());
}

}  // namespace mds
