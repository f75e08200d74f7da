#include "experiments/sweep/judge.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

namespace mds {
namespace {

// Reads what evaluations left on the disk; all curves have the same replicates.
class CurveReader {
 public:
  CurveReader(const SweepConfig& config, const SweepMeasures& measures, const PolicyConfig& policy)
      : config_(config),
        measures_(measures),
        scores_(policy_scores(policy)),
        indices_(policy_indices(policy, config.evaluation.pictures)) {}

  // The run's evaluations up to `rung`. FileError where one is missing: a smaller cohort would change the verdicts.
  Curve curve(const RunRow& run, int64_t rung) const {
    const bool rests = run.state == RunState::paused || run.state == RunState::stopped || run.state == RunState::done;
    const RunFiles files = files_of(config_, run);
    Curve curve{.candidate = run.arch, .evaluations = {}};
    for (int64_t r = 0; r <= std::min(rung, rests ? run.rung : run.rung - 1); ++r)
      curve.evaluations.push_back(evaluation(files, config_.rungs[size_t(r)]));
    return curve;
  }

 private:
  Evaluation evaluation(const RunFiles& files, int64_t iteration) const {
    const std::string file = files.evaluation(iteration);
    if (!std::filesystem::exists(file))
      throw FileError(file +
                      ": is missing; the rung cannot be judged without it. Start the sweep in the folder it "
                      "was started in, or under another name");
    const TensorMap observed = load_tensors(file).tensors;
    Evaluation evaluation{.images_seen = iteration * config_.batch};
    for (const auto& name : scores_) evaluation.scores[name] = measures_.scores.measured(name, observed, indices_);
    return evaluation;
  }

  const SweepConfig& config_;
  const SweepMeasures& measures_;
  std::vector<std::string> scores_;
  BootstrapIndices indices_;
};

// Returns what was decided, in words.
std::string record(Database& database, int64_t run, int64_t rung, const Decision& decision) {
  const bool stops = decision.verdict == Verdict::stop;
  add_decision(database, {.run = run,
                          .rung = rung,
                          .rule = decision.rule,
                          .rule_version = decision.version,
                          .inputs_json = decision.inputs.dump(),
                          .verdict = std::string(name_of(decision.verdict))});
  if (stops) stop(database, run, "stopped by " + decision.rule);
  if (!stops) promote(database, run, rung + 1);
  return "run " + std::to_string(run) + (stops ? " stops at rung " : " goes on to rung ") +
         std::to_string(rung + (stops ? 1 : 2));
}

bool reads_clip(const PolicyConfig& policy) {
  const std::vector<std::string> named = policy_scores(policy);
  return std::find(named.begin(), named.end(), "clip_emoji") != named.end();
}

// The configuration's policy, without the text-image score where that is not reliable.
PolicyConfig policy_of(const SweepContext& sweep) {
  const auto& [config, evaluator] = std::tie(sweep.config, sweep.measures.evaluator);
  PolicyConfig policy = config.policy;
  check_policy(policy, evaluator);
  if (evaluator.clip_reliable() || !reads_clip(policy)) return policy;
  policy.use_clip = false;
  sweep.listener.say("fd_emoji_clip alone ranks, as the scoring encoder's recall@1 is below five times chance");
  return policy;
}

// Judges the runs of one seed at a rung, so that the compared runs differ only in their networks.
void judge_seed(const SweepContext& sweep, int64_t rung, int64_t seed) {
  const auto& [database, config, latents, measures, placement, listener, clock] = sweep;
  std::vector<RunRow> runs = runs_of(database, config.name);
  std::erase_if(runs, [&](const RunRow& run) { return run.seed != seed; });
  std::map<std::string, int64_t> waiting;
  for (const auto& run : runs)
    if (run.state == RunState::paused && run.rung == rung) waiting[run.arch] = run.run;
  if (waiting.empty()) return;
  const PolicyConfig policy = policy_of(sweep);
  const CurveReader reader(config, measures, policy);
  std::vector<Curve> curves;
  for (const auto& run : runs)
    if (run.state != RunState::failed) curves.push_back(reader.curve(run, rung));
  const auto decisions = judge(policy, curves, config.rungs[size_t(rung)] * config.batch);
  std::vector<std::string> words;
  database.transaction([&, &database = database] {
    for (const auto& decision : decisions)
      if (const auto run = waiting.find(decision.candidate); run != waiting.end())
        words.push_back(record(database, run->second, rung, decision));
  });
  for (const auto& line : words) listener.say(line);
}

}  // namespace

void check_policy(const PolicyConfig& policy, const Evaluator& evaluator) {
  if (!policy.scores.empty() && reads_clip(policy) && !evaluator.clip_reliable())
    throw ConfigError(
        "policy.scores names clip_emoji, but the scoring encoder's recall@1 is below five times chance; "
        "name other scores");
}

void judge_rung(const SweepContext& sweep, int64_t rung) {
  for (const int64_t seed : sweep.config.all_seeds()) judge_seed(sweep, rung, seed);
}

}  // namespace mds
