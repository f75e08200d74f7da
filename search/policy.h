// Which candidates train on: stop-and-promote rules over the learning curves of a cohort. They are pure functions of
// numbers, so that any rule can be replayed over stored curves without training.
//
// Each rule is a file policy_*.cpp and a line of policy_table.cpp. Several scores decide together: a candidate stops
// only where it is worse in every one of them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/policy_config.h"
#include "spec/bootstrap.h"
#include "spec/score_kind.h"

namespace mds {

// The names of the scores that decide. ConfigError for an unknown name or one that is given twice.
std::vector<std::string> policy_scores(const PolicyConfig& config);

// The pictures of each replicate. The replicates of a distance that `judge` gets must be made from the same table.
BootstrapIndices policy_indices(const PolicyConfig& config, int64_t pictures);

// One score of one evaluation: a distance has a value and replicates, a mean has values (spec/score_kind.h).
struct Measured {
  double distance = 0;
  std::vector<double> replicates{};  // of the distance, one for each row of policy_indices
  std::vector<double> values{};      // one per evaluation picture, in the same order for all candidates
  // Of a distance that depends on how many pictures it has: its mean over halves of them. A policy can then
  // extrapolate.
  std::optional<double> halves{};
  int64_t pictures = 0;  // behind a distance; 0: not known
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

enum class Verdict : uint8_t { stop, go_on, promote, wait };  // wait: nothing is decided yet
template <>
struct EnumNames<Verdict> {
  static constexpr std::array<std::string_view, 4> names{"stop", "continue", "promote", "wait"};
};

// What a rule needs of an evaluation: its values alone, or how they vary with the pictures.
enum class Detail : uint8_t { values, samples };
Detail detail_of(const PolicyConfig& config);

// A message where a score of the curve is missing or not finite, else "".
std::string problem_of(const PolicyConfig& config, const Curve& curve);

// Whether more runs will come to a rung.
enum class RungState : uint8_t { open, complete };

// Whether the rule judges a run as soon as it comes to a rung, which is open then.
bool judges_at_once(const PolicyConfig& config);

struct Decision {
  std::string candidate;
  Verdict verdict = Verdict::go_on;
  std::string rule;  // name and version, "paper/1"
  int64_t version = 1;
  Json inputs;  // the numbers that led to the verdict, and the reason in words
};

// One decision for each curve that has an evaluation at exactly `images_seen`, in the curves' order, which is that of
// evaluation. Later evaluations are ignored, so candidates that are ahead belong to the cohort too. ConfigError for a
// score that is missing or not finite, and for curves that were evaluated differently (images seen, pictures,
// replicates).
std::vector<Decision> judge(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen,
                            RungState rung = RungState::complete);

// Each candidate's rank at these images, 1 for the best, on average over the scores.
std::map<std::string, double> mean_ranks_at(const PolicyConfig& config, const std::vector<Curve>& curves,
                                            int64_t images_seen);

// Lets the best of these decisions, by its mean rank among the curves, go on although the rule stops it: for a sweep
// that would end with nobody. The decision says so.
void keep_best(const PolicyConfig& config, const std::vector<Curve>& curves, int64_t images_seen,
               std::vector<Decision>& decisions);

// The standard deviation between training seeds in the first score, as PolicyConfig::seed_spread has it, pooled over
// the candidates that occur several times among the curves; nothing where these are too few to tell it.
std::optional<double> measured_seed_spread(const PolicyConfig& config, const std::vector<Curve>& curves,
                                           int64_t images_seen);

// The verdict that follows from the inputs of a stored decision, as `judge` concluded it. ConfigError for an unknown
// rule and for inputs that lack a number.
Verdict verdict_of(const PolicyConfig& config, const std::string& rule, const Json& inputs);

}  // namespace mds
