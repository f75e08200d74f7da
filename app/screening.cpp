#include "app/screening.h"

#include <iostream>
#include <optional>

#include "app/progress.h"

namespace mds {

CachedEnumeration screened(const Space& space, const Caps& caps, const Pick& pick) {
  std::optional<Progress> progress;
  Screening screening;
  screening.progress = [&](int64_t, double share) {
    if (!progress) progress.emplace("percent of the space screened", 100);
    progress->show(int64_t(100 * share), "", /*every=*/10);
  };
  screening.warn = [](const std::string& sentence) { std::cerr << "warning: " << sentence << "\n"; };
  return enumerate_cached(space, caps, pick, screening);
}

}  // namespace mds
