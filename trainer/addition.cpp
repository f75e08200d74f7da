#include "trainer/addition.h"

#include <ATen/ATen.h>

namespace mds {

Tensor among_zeros(const Tensor& rows, int64_t first, int64_t count) {
  if (rows.size(0) == count) return rows;
  std::vector<int64_t> sizes = rows.sizes().vec();
  sizes[0] = count;
  Tensor all = at::zeros(sizes, rows.options());
  all.narrow(0, first, rows.size(0)).copy_(rows);
  return all;
}

void save_addition(const std::string& folder, const std::string& part, const TensorMap& weights) {
  save_part(folder, part, with_prefix(weights, part + "."), at::kHalf);
}

}  // namespace mds
