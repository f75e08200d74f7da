#include "app/sweep_pictures.h"

namespace mds {

void record_pictures(Store&, const Lease&, int64_t, const Tensor&, const std::vector<std::string>&) {}

}  // namespace mds
