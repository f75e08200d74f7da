#include "metrics/kernels.h"

#include <torch/types.h>

namespace mds {

Tensor fold_rows(const Tensor& rows_ND, const Tensor& columns_MD, const PairBlock& block, const RowFold& fold) {
  constexpr int64_t rows_of_block = 1024;
  std::vector<Tensor> folded;
  for (const auto& rows_BD : rows_ND.split(rows_of_block)) folded.push_back(fold(block(rows_BD, columns_MD)));
  return torch::cat(folded);
}

Tensor squared_distances(const Tensor& rows_BD, const Tensor& columns_MD) {
  const auto squares_B1 = rows_BD.square().sum(1, /*keepdim=*/true), squares_M = columns_MD.square().sum(1);
  return torch::addmm(squares_M, rows_BD, columns_MD.t(), /*beta=*/1, /*alpha=*/-2).add_(squares_B1).clamp_min_(0);
}

}  // namespace mds
