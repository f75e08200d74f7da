// Sample pictures of a run in the database; nothing in a core build, which has no picture formats.
#pragma once

#include "pipeline/weights.h"
#include "search/store/store.h"

namespace mds {

void record_pictures(Store& store, const Lease& lease, int64_t iteration, const Tensor& pictures, const std::vector<std::string>& captions);

}  // namespace mds
