// The configuration of a stop-and-promote policy, as part of a sweep's file.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/describe.h"

namespace mds {

enum class PolicyRule : uint8_t { paper, halving, none, level, median, asha };
template <>
struct EnumNames<PolicyRule> {
  static constexpr std::array<std::string_view, 6> names{"paper", "halving", "none", "level", "median", "asha"};
};

// With whom a candidate is compared: all others, or those that were evaluated at the same images before it.
enum class Rivals : uint8_t { cohort, previous };
template <>
struct EnumNames<Rivals> {
  static constexpr std::array<std::string_view, 2> names{"cohort", "previous"};
};

// How several scores make one order: by the mean of a candidate's ranks in each, or by fronts of candidates that no
// other beats in every score, and within a front by mean rank.
enum class RankBy : uint8_t { mean, front };
template <>
struct EnumNames<RankBy> {
  static constexpr std::array<std::string_view, 2> names{"mean", "front"};
};

struct PolicyConfig {
  PolicyRule rule = PolicyRule::paper;
  int64_t version = 0;
  double audit = 0.05;
  bool use_clip = true;
  int64_t slope_evaluations = 3;
  int64_t min_cohort = 3;
  bool spare_leaders = true;
  double eta = 3;
  double confidence = 0.95;
  int64_t replicates = 200;
  uint64_t seed = 0;
  std::vector<std::string> scores{};
  Rivals against = Rivals::cohort;
  double seed_spread = 0.02, seed_persistence = 0.5;
  double false_stops = 0.05;
  RankBy rank = RankBy::mean;

  static void describe(auto& self, auto&& field) {
    field("rule", self.rule,
          "who stops: paper, whoever improves slower than the median; level, whoever is worse than it; median, whoever "
          "is worse than the median of what the others were on average; halving, all but the best; asha, the same "
          "without waiting for the others; none, nobody");
    field("version", self.version, "version of the rule; 0: the newest, and a sweep stores which that was",
          at_least(0));
    field(
        "audit", self.audit,
        "share of the stopped candidates that train on to the end all the same, but at least two of them, to show what "
        "stopping costs; 0: none",
        between(0, 1));
    field("use_clip", self.use_clip, "whether clip_emoji decides beside fd_emoji_clip; false where it is unreliable");
    field("slope_evaluations", self.slope_evaluations,
          "paper: number of latest evaluations over which a candidate's improvement is taken, from version 2 on at "
          "least two",
          at_least(1));
    field("min_cohort", self.min_cohort, "paper, level, median: number of candidates below which all go on",
          at_least(2));
    field("spare_leaders", self.spare_leaders,
          "paper: a candidate that is no worse than the median goes on, however slowly it improves");
    field("eta", self.eta, "halving, asha: one in eta candidates is promoted", at_least(1));
    field("confidence", self.confidence,
          "paper, level: confidence with which each score has to agree: of its paired interval, and from version 3 of "
          "paper on one-sided",
          between(0.5, 0.9999));
    field("replicates", self.replicates, "bootstrap replicates", at_least(20));
    field("seed", self.seed, "seed of the bootstrap's draws of pictures, which all candidates share", at_least(0));
    field("scores", self.scores,
          "names of the scores that decide; empty: fd_emoji_clip, and clip_emoji where use_clip says so", later());
    field(
        "against", self.against,
        "paper, level, median: the others whose median a candidate is compared with: all, or those evaluated before it",
        later());
    field("seed_spread", self.seed_spread,
          "paper, level: standard deviation of the log distance between training seeds, and of other scores as a share "
          "of "
          "their value; several seeds of a sweep tell it themselves",
          later(between(0, 1)));
    field("seed_persistence", self.seed_persistence,
          "paper, level: correlation of what a training seed does to a run at two evaluations; 1: it shifts the whole "
          "curve, which changes no slope",
          later(between(0, 1)));
    field("false_stops", self.false_stops,
          "paper, level: share of sweeps in which a candidate that does not differ from the others may be stopped",
          later(between(1e-6, 0.5)));
    field("rank", self.rank, "halving, asha: what orders the candidates", later());
  }
};

// A stored policy without a version is of the time when every rule had its first, and nobody was audited.
inline Json with_version(Json policy) {
  if (!policy.is_object()) return policy;
  if (policy.emplace("version", 1).second) policy.emplace("audit", 0.0);
  return policy;
}

}  // namespace mds
