// What the kernel distances share: sums of a kernel over pairs, computed by blocks of rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "spec/tensor.h"

namespace mds {

// Computes the values (B, M) of a block of rows (B, D) against all columns (M, D).
using PairBlock = std::function<Tensor(const Tensor& rows_BD, const Tensor& columns_MD)>;
// Reduces the values of a block (B, M) to one number for each row (B).
using RowFold = std::function<Tensor(const Tensor& values_BM)>;

// fold(block(rows, columns)) for each row, (N); the whole N x M matrix is never in memory.
Tensor fold_rows(const Tensor& rows_ND, const Tensor& columns_MD, const PairBlock& block, const RowFold& fold);

// |a - b|^2 of each pair, (B, M), never negative.
Tensor squared_distances(const Tensor& rows_BD, const Tensor& columns_MD);

}  // namespace mds
