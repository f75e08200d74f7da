// Reads the batches that come next while the training works on the present one.
#pragma once

#include "trainer/latent_source.h"

namespace mds {

// Batches are read by a thread of its own, in the order in which they are likely to be asked for: as far apart as the
// last two. An error of reading is thrown by the call that asks for that batch. At most `ahead` batches are held.
std::unique_ptr<LatentReader> reading_ahead(std::unique_ptr<LatentReader> reader, int64_t ahead);

}  // namespace mds
