// A sweep as one file.
#pragma once

#include "experiments/run_files.h"
#include "search/enumerate.h"
#include "search/policy.h"
#include "search/store/queue.h"
#include "search/strategy_config.h"
#include "search/winner_config.h"
#include "trainer/evaluate.h"

namespace mds {

struct SweepConfig {
  std::string name = "sweep";
  std::string space = "configs/spaces/mobilediffusion.json";
  std::vector<std::string> networks{};
  int64_t candidates = 6;
  Selection selection = Selection::spread;
  uint64_t selection_seed = 0;
  StrategyConfig strategy{};
  int64_t max_params = Caps{}.params;
  double max_gmacs = Caps{}.gmacs();
  BaseConfig stage;
  int64_t batch = 16;
  int64_t micro_batch = 0;
  bool checkpoint_activations = false;
  TrainingPrecision dtype = TrainingPrecision::fp32;
  uint64_t seed = 0;
  Json seeds = Json::array();
  OptimizerConfig optimizer{.warmup = 20, .ema = 0.99};
  std::vector<int64_t> rungs{60, 180};
  int64_t checkpoint_every = 100;
  EvaluationConfig evaluation;
  PolicyConfig policy;
  WinnerConfig winner{};
  bool profile = true;
  bool untrained = false;
  int64_t lease_seconds = 30;
  double disk_gb = 0;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "name of the sweep in the database, and of its folder under --artifacts");
    field("space", self.space, "file of the search space that the candidates are taken from");
    field("networks", self.networks,
          "networks to train in place of those of a space, each a shipped name, a JSON file or a stored network",
          later());
    field("candidates", self.candidates, "networks trained, those that the space includes counted", between(1, 100000));
    field("selection", self.selection,
          "rule that takes the networks from the space, where the caps admit more than `candidates`", later());
    field("selection_seed", self.selection_seed, "seed of the selection `random`", later(at_least(0)));
    field("strategy", self.strategy,
          "how the networks to train are found; without it, by `selection` from the enumerated space", later());
    field("max_params", self.max_params, "largest number of parameters of a candidate at full scale", max_params_range);
    field("max_gmacs", self.max_gmacs, "largest full-scale macs_valid (multiply-accumulates), in 1e9", max_gmacs_range);
    field("stage", self.stage, "training of each candidate, as by a stage of kind base; its unet is the candidate");
    field("batch", self.batch, "training examples in an iteration", between(1, 1 << 20));
    field("micro_batch", self.micro_batch, "examples in a pass, a divisor of batch; 0: the whole batch",
          later(between(0, 1 << 20)));
    field("checkpoint_activations", self.checkpoint_activations,
          "whether of each block only the output is kept and the rest computed again in the backward pass", later());
    field("dtype", self.dtype, "numbers in which candidates are trained: fp32, or bf16 (weights and sums stay fp32)",
          later());
    field("seed", self.seed, "seed of weights, data order and noise, the same for all candidates", at_least(0));
    field("seeds", self.seeds,
          "seeds in place of the one in `seed`: how many, counted up from it, or a list; under each of them all "
          "candidates are trained and judged by themselves",
          later());
    field("optimizer", self.optimizer, "settings of AdamW and of the weights' moving average");
    field("rungs", self.rungs, "rising iterations after each of which candidates are scored and judged", at_least(1));
    field("checkpoint_every", self.checkpoint_every, "iterations between checkpoints inside a rung", at_least(1));
    field("evaluation", self.evaluation, "how candidates are scored: pictures that they draw, and scores of them");
    field("policy", self.policy, "rule that says which candidates train on at the end of a rung");
    field("winner", self.winner, "how winners are chosen; without it, by the policy's first score", later());
    field("profile", self.profile, "whether the full-scale candidates are timed block by block on this machine");
    field("untrained", self.untrained,
          "whether two scores that need no training are stored with each run, for `report rank`", later());
    field("lease_seconds", self.lease_seconds, "seconds until a silent worker's run is free again",
          between(2, longest_lease_seconds));
    field(
        "disk_gb", self.disk_gb,
        "1e9 bytes of disk that the sweep's checkpoints may take; those of resting runs are dropped beyond that, which "
        "train from the start if they are promoted; 0: what is free",
        later(at_least(0)));
  }

  Json written{};          // paths as in the file; this is the sweep's identity and is stored
  std::string database{};  // where stored names of networks are looked up
  std::string file{};      // the file it was read from
  std::string artifacts = usual_artifacts;

  LoopConfig loop(uint64_t of_seed) const {
    return {.iterations = rungs.back(),
            .batch = batch,
            .seed = of_seed,
            .dtype = dtype,
            .checkpoint_every = checkpoint_every,
            .micro_batch = micro_batch,
            .checkpoint_activations = checkpoint_activations};
  }
  std::vector<int64_t> all_seeds() const;  // at least one
  std::vector<std::string> computed_scores() const;
  // Whether candidates are asked for as results come.
  bool asks() const { return strategy.kind != StrategyKind::selection; }
  std::string folder() const { return sweep_folder(artifacts, name); }
};

inline RunFiles files_of(const SweepConfig& config, const RunRow& run) { return files_of(config.folder(), run); }

// ConfigError at `place`, which names latency, where the sweep times nothing.
void require_timings(const SweepConfig& config, const Place& place);

// `settings` are the values of --set, which override the file's. Paths are resolved by with_found_files.
SweepConfig load_sweep(const std::string& file, const std::vector<std::string>& settings = {});

// A protocol of runs without the fields that only say how far they go and with which seed: rungs, seed and, unless the
// learning rate falls towards the end, iterations. Runs that differ only in these have the same beginning.
Json without_budget(Json protocol);

}  // namespace mds
