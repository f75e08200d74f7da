// How well what is known early or cheaply about candidates predicts their order after a full training.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/report.h"

namespace mds {

// What predicts the order: an earlier rung of the same trainings, one seed alone, the same networks at another width,
// a count of the full-scale network, or a score that needs no training.
enum class ProxyKind : uint8_t { rung, seed, width, count, untrained };
template <>
struct EnumNames<ProxyKind> {
  static constexpr std::array names{"rung", "seed", "width", "count", "untrained"};
};

struct RankRow {
  ProxyKind kind{};
  std::string proxy{};                         // "after 60 iterations"
  std::string against{};                       // "after 180 iterations"
  int64_t n = 0;                               // candidates that have both
  std::optional<double> tau{}, low{}, high{};  // Kendall's tau-b, with the 95% interval of a bootstrap over candidates
  int64_t k = 0;                               // of the recall: a quarter of n
  double recall = 0;
  std::optional<double> gain{}, gain_low{}, gain_high{};  // of tau over the parameter count's; paired
};

// The runs of one protocol, ranked by one score after so many iterations.
struct RankGroup {
  std::string sweeps{}, protocol{}, score{};  // sweeps: in words
  int64_t iterations = 0;
  int64_t candidates = 0;     // scored at least once
  int64_t fully_trained = 0;  // scored after these iterations
  std::vector<RankRow> rows{};
};

inline constexpr const char* untrained_prefix =
    "untrained_";                            // metrics at iteration 0 of which a higher value is better
inline constexpr int64_t fewest_ranked = 4;  // candidates below which no order is compared

std::vector<RankGroup> rank_groups(const Database& database, const ReportOptions& options);

}  // namespace mds
