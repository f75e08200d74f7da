// How well one order of things agrees with another.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "spec/bootstrap.h"

namespace mds {

// Kendall's tau-b of paired values: pairs in the same order minus pairs in opposite orders, over the geometric mean of
// the pairs that are not tied in each list (Kendall, 1945). Takes n log n steps (Knight, 1966). None where one list
// has only equal values. ConfigError for lists of unequal length and for values that are not finite.
std::optional<double> kendall_tau_b(const std::vector<double>& a, const std::vector<double>& b);

// The share of the k lowest of `truth` that are among the k lowest of `proxy`, 1 <= k <= n. Equal values at the border
// share its places evenly.
double top_k_recall(const std::vector<double>& proxy, const std::vector<double>& truth, int64_t k);

// Tau-b on each row of a bootstrap (bootstrap_indices), in its order; none where the row has only equal values.
std::vector<std::optional<double>> tau_replicates(const std::vector<double>& a, const std::vector<double>& b,
                                                  const BootstrapIndices& rows);

}  // namespace mds
