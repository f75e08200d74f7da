// Which candidates train on: stop-and-promote rules over the learning curves of a cohort. They are pure functions of
// numbers, so that any rule can be replayed over stored curves without training.
//
// `paper`: a candidate stops when every score in use improves more slowly than the cohort's median, each beyond a
// paired bootstrap interval over the evaluation pictures (one picture = one prompt and noise seed); undecided
// candidates continue. `halving`: successive halving promotes the best 1/eta by mean rank. `none`: fixed budgets.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "spec/bootstrap.h"
#include "spec/describe.h"
#include "spec/score_kind.h"

namespace mds {

enum class PolicyRule { paper, halving, none };
template <>
struct EnumNames<PolicyRule> {
  static constexpr std::array<std::string_view, 3> names{"paper", "halving", "none"};
};

struct PolicyConfig {
  PolicyRule rule = PolicyRule::paper;
  bool use_clip = true;
  int64_t slope_evaluations = 2;
  int64_t min_cohort = 3;
  bool spare_leaders = true;
  double eta = 3;
  double confidence = 0.95;
  int64_t replicates = 200;
  uint64_t seed = 0;
  std::vector<std::string> scores{};

  static void describe(auto& self, auto&& field) {
    field("rule", self.rule, "who stops: paper, whoever improves slower than the median; halving, all but the best");
    field("use_clip", self.use_clip, "whether clip_emoji decides beside fd_emoji_clip; false where it is unreliable");
    field("slope_evaluations", self.slope_evaluations,
          "paper: number of latest evaluations over which a candidate's improvement is taken", at_least(1));
    field("min_cohort", self.min_cohort, "paper: number of candidates below which all go on", at_least(2));
    field("spare_leaders", self.spare_leaders,
          "paper: a candidate as good as the median or better in every score goes on, however slowly it improves");
    field("eta", self.eta, "halving: one in eta candidates is promoted", at_least(1));
    field("confidence", self.confidence, "paper: confidence of the paired bootstrap intervals", between(0.5, 0.9999));
    field("replicates", self.replicates, "bootstrap replicates", at_least(20));
    field("seed", self.seed, "seed of the bootstrap's draws of pictures, which all candidates share", at_least(0));
    field("scores", self.scores,
          "names of the scores that decide; empty: fd_emoji_clip, and clip_emoji where use_clip says so", later());
  }
};

// The names of the scores that decide. ConfigError for an unknown name or one that is given twice.
std::vector<std::string> policy_scores(const PolicyConfig& config);

// The pictures of each replicate. The replicates of a distance that `judge` gets must be made from the same table.
BootstrapIndices policy_indices(const PolicyConfig& config, int64_t pictures);

// One score of one evaluation: a distance has a value and replicates, a mean has values (spec/score_kind.h).
struct Measured {
  double distance = 0;
  std::vector<double> replicates{};  // of the distance, one for each row of policy_indices
  std::vector<double> values{};      // one per evaluation picture, in the same order for all candidates
};

// One candidate's scores at one number of images seen.
struct Evaluation {
  int64_t images_seen = 0;
  std::map<std::string, Measured> scores{};  // by name; scores that do not decide are ignored
};

struct Curve {
  std::string candidate;
  std::vector<Evaluation> evaluations;  // in the order of images_seen
};

enum class Verdict { stop, go_on, promote };
template <>
struct EnumNames<Verdict> {
  static constexpr std::array<std::string_view, 3> names{"stop", "continue", "promote"};
};

struct Decision {
  std::string candidate;
  Verdict verdict = Verdict::go_on;
  std::string rule;  // name and version, "paper/1"
  Json inputs;       // the numbers that led to the verdict, and the reason in words
};

// One decision for each curve that has an evaluation at exactly `images_seen`, in the curves' order. Later evaluations
// are ignored, so candidates that are ahead belong to the cohort too. ConfigError for a score that is missing or not
// finite, and for curves that were evaluated differently (images seen, pictures, replicates).
std::vector<Decision> judge(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen);

// The verdict that follows from the inputs of a stored decision, as `judge` concluded it. ConfigError for an unknown
// rule and for inputs that lack a number.
Verdict verdict_of(const PolicyConfig& config, const std::string& rule, const Json& inputs);

}  // namespace mds
