#include "experiments/sweep/judge.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "search/audit.h"
#include "search/stored_curves.h"

namespace mds {
namespace {

bool reads_clip(const PolicyConfig& policy) {
  const std::vector<std::string> named = policy_scores(policy);
  return std::find(named.begin(), named.end(), "clip_emoji") != named.end();
}

// The configuration's policy, without the text-image score where that is not reliable.
PolicyConfig policy_in(const SweepContext& sweep) {
  PolicyConfig policy = sweep.config.policy;
  check_policy(policy, sweep.measures.evaluator);
  policy.use_clip = policy.use_clip && sweep.measures.evaluator.clip_reliable();
  return policy;
}

void say_without_clip(const SweepContext& sweep, const PolicyConfig& policy) {
  if (reads_clip(sweep.config.policy) && !reads_clip(policy))
    sweep.listener.say("fd_emoji_clip alone ranks, as the scoring encoder's recall@1 is below five times chance");
}

// A run counts as evaluated up to its rung once it rests there.
int64_t last_evaluated(const SweepConfig& config, const RunRow& run) {
  const bool rests = run.state == RunState::paused || run.state == RunState::stopped || run.state == RunState::done;
  const int64_t rung = rests ? run.rung : run.rung - 1;
  return rung < 0 ? 0 : config.rungs[size_t(rung)];
}

bool waits(const SweepConfig& config, const RunRow& run) {
  return run.state == RunState::paused && run.rung + 1 < int64_t(config.rungs.size());
}

// The runs of one seed, which differ only in their networks, at a rung. Inside a transaction.
class SeedJudge {
 public:
  SeedJudge(const SweepContext& sweep, PolicyConfig policy, int64_t rung)
      : database_(sweep.database), config_(sweep.config), policy_(std::move(policy)), rung_(rung) {}

  // Returns what was done, in words.
  std::vector<std::string> judge(int64_t seed, RungState rung) {
    collect(seed);
    if (waiting_.empty()) return words_;
    if (rung == RungState::complete) learn_seed_spread();
    auto decisions = mds::judge(policy_, curves_, images_seen(), rung);
    std::erase_if(decisions, [&](const Decision& decision) {
      return !waiting_.contains(decision.candidate) || decision.verdict == Verdict::wait;
    });
    const auto stops = [](const Decision& decision) { return decision.verdict == Verdict::stop; };
    if (rung == RungState::complete && !others_live_ && !decisions.empty() && std::ranges::all_of(decisions, stops))
      keep_best(policy_, curves_, images_seen(), decisions);
    record(decisions);
    return words_;
  }

 private:
  int64_t images_seen() const { return config_.rungs[size_t(rung_)] * config_.batch; }

  // Finds the curves to compare, those that are judged last, and who waits. Audited runs are promoted here and kept out
  // of all comparisons.
  void collect(int64_t seed) {
    const auto audited = audited_runs(database_, config_.name);
    std::vector<Curve> arrived;
    for (const auto& run : runs_of(database_, config_.name)) {
      if (run.seed != seed || run.state == RunState::failed) continue;
      const bool here = waits(config_, run) && run.rung == rung_;
      if (audited.contains(run.run)) {
        ++audited_;
        if (here) promote(database_, run.run, rung_ + 1);
      } else if (auto curve = sound_curve(run, here)) {
        stopped_ += run.state == RunState::stopped;
        others_live_ = others_live_ || (!here && run.state != RunState::stopped);
        if (here) waiting_[run.arch] = run.run;
        (here ? arrived : curves_).push_back(std::move(*curve));
      }
    }
    std::ranges::move(arrived, std::back_inserter(curves_));
  }

  // Nothing, and the run fails, where a score is no number or, of a run that waits here, missing.
  std::optional<Curve> sound_curve(const RunRow& run, bool here) {
    Curve curve = stored_curve(database_, run, policy_, detail_of(policy_), last_evaluated(config_, run));
    std::string problem = problem_of(policy_, curve);
    const bool scored = !curve.evaluations.empty() && curve.evaluations.back().images_seen == images_seen();
    if (here && !scored && problem.empty())
      problem = "it has no scores at " + std::to_string(images_seen()) + " images";
    if (problem.empty()) return curve;
    leave_out(run, problem);
    return std::nullopt;
  }

  void leave_out(const RunRow& run, const std::string& problem) {
    if (run.state != RunState::leased) fail_run(database_, run.run, problem);
    words_.push_back("run " + std::to_string(run.run) + " failed, and the others are judged without it: " + problem);
  }

  // Several seeds of the candidates tell how far seeds spread.
  void learn_seed_spread() {
    if (config_.all_seeds().size() < 2 || detail_of(policy_) == Detail::values) return;
    std::vector<Curve> all;
    for (const auto& run : runs_of(database_, config_.name))
      if (run.state != RunState::failed)
        all.push_back(stored_curve(database_, run, policy_, Detail::samples, last_evaluated(config_, run)));
    std::erase_if(all, [&](const Curve& curve) { return !problem_of(policy_, curve).empty(); });
    policy_.seed_spread = measured_seed_spread(policy_, all, images_seen()).value_or(policy_.seed_spread);
  }

  void record(const std::vector<Decision>& decisions) {
    std::vector<std::string> stopped;
    for (const auto& decision : decisions)
      if (decision.verdict == Verdict::stop) stopped.push_back(decision.candidate);
    const auto audit = drawn_for_audit(policy_, stopped, stopped_ + audited_, audited_);
    for (const auto& decision : decisions) record(decision, std::ranges::count(audit, decision.candidate) > 0);
  }

  void record(const Decision& decision, bool audited) {
    const int64_t run = waiting_.at(decision.candidate);
    const bool stops = decision.verdict == Verdict::stop && !audited;
    add_decision(database_, {.run = run,
                             .rung = rung_,
                             .rule = decision.rule,
                             .rule_version = decision.version,
                             .inputs_json = decision.inputs.dump(),
                             .verdict = std::string(name_of(decision.verdict)),
                             .audited = audited});
    if (stops) stop(database_, run, "stopped by " + decision.rule);
    if (!stops) promote(database_, run, rung_ + 1);
    words_.push_back("run " + std::to_string(run) +
                     (stops     ? " stops at rung "
                      : audited ? " would stop, and goes on as an audit to rung "
                                : " goes on to rung ") +
                     std::to_string(rung_ + (stops ? 1 : 2)));
  }

  Database& database_;
  const SweepConfig& config_;
  PolicyConfig policy_;
  int64_t rung_;
  std::vector<Curve> curves_{};
  std::map<std::string, int64_t> waiting_{};  // runs by candidate
  int64_t stopped_ = 0, audited_ = 0;
  bool others_live_ = false;  // somebody besides those who wait here goes on or is done
  std::vector<std::string> words_{};
};

void judge_rung(const SweepContext& sweep, const PolicyConfig& policy, int64_t rung, RungState state) {
  for (const int64_t seed : sweep.config.all_seeds()) {
    const auto words = sweep.database.transaction([&] { return SeedJudge(sweep, policy, rung).judge(seed, state); });
    for (const auto& line : words) sweep.listener.say(line);
  }
}

// The rungs at which runs wait.
std::set<int64_t> waiting_rungs(const SweepContext& sweep) {
  std::set<int64_t> rungs;
  for (const auto& run : runs_of(sweep.database, sweep.config.name))
    if (waits(sweep.config, run)) rungs.insert(run.rung);
  return rungs;
}

}  // namespace

void check_policy(const PolicyConfig& policy, const Evaluator& evaluator) {
  if (!policy.scores.empty() && reads_clip(policy) && !evaluator.clip_reliable())
    throw ConfigError(
        "policy.scores names clip_emoji, but the scoring encoder's recall@1 is below five times chance; "
        "name other scores");
}

bool judge_waiting(const SweepContext& sweep) {
  const auto rungs = waiting_rungs(sweep);
  if (rungs.empty()) return false;
  const PolicyConfig policy = policy_in(sweep);
  say_without_clip(sweep, policy);
  judge_rung(sweep, policy, *rungs.begin(), RungState::complete);
  return true;
}

void judge_arrived(const SweepContext& sweep) {
  if (!judges_at_once(sweep.config.policy)) return;
  for (const int64_t rung : waiting_rungs(sweep)) judge_rung(sweep, policy_in(sweep), rung, RungState::open);
}

}  // namespace mds
