#include "experiments/screening.h"

namespace mds {

CachedEnumeration screened(const Space& space, const Caps& caps, const Pick& pick, Listener& listener) {
  std::unique_ptr<Progress> progress;
  Screening screening;
  screening.progress = [&](int64_t, double share) {
    if (!progress) progress = listener.progress("percent of the space screened", 100);
    progress->show(int64_t(100 * share), "", /*every=*/10);
  };
  screening.warn = [&](const std::string& sentence) { listener.warn(sentence); };
  return enumerate_cached(space, caps, pick, screening);
}

}  // namespace mds
