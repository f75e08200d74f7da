// What the kernel distances share: sums of a kernel over pairs, computed by blocks of rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

namespace mds {

// Computes the values (B, M) of a block of rows (B, D) against all columns (M, D).
using PairBlock = std::function<at::Tensor(const at::Tensor& rows_BD, const at::Tensor& columns_MD)>;
// Reduces the values of a block (B, M) to one number for each row (B).
using RowFold = std::function<at::Tensor(const at::Tensor& values_BM)>;

// fold(block(rows, columns)) for each row, (N); the whole N x M matrix is never in memory.
at::Tensor fold_rows(const at::Tensor& rows_ND, const at::Tensor& columns_MD, const PairBlock& block,
                     const RowFold& fold);

// |a - b|^2 of each pair, (B, M), never negative.
at::Tensor squared_distances(const at::Tensor& rows_BD, const at::Tensor& columns_MD);

}  // namespace mds
