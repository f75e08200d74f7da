// A sweep as one file.
#pragma once

#include "app/run_files.h"
#include "search/enumerate.h"
#include "search/policy.h"
#include "trainer/evaluate.h"

namespace mds {

struct SweepConfig {
  std::string name = "sweep";
  std::string space = "configs/spaces/mobilediffusion.json";
  std::vector<std::string> networks{};
  int64_t candidates = 6;
  Selection selection = Selection::spread;
  uint64_t selection_seed = 0;
  int64_t max_params = Caps{}.params;
  double max_gmacs = Caps{}.gmacs();
  BaseConfig stage;
  int64_t batch = 16;
  uint64_t seed = 0;
  Json seeds = Json::array();
  OptimizerConfig optimizer{.warmup = 20, .ema = 0.99};
  std::vector<int64_t> rungs{60, 180};
  int64_t checkpoint_every = 100;
  EvaluationConfig evaluation;
  PolicyConfig policy;
  bool profile = true;
  int64_t lease_seconds = 30;

  static void describe(auto& self, auto&& field) {
    field("name", self.name, "of the sweep in the database and under out/sweeps");
    field("space", self.space, "file of the search space");
    field("networks", self.networks,
          "in place of space: the networks that are trained, each a shipped name or a JSON file", later());
    field("candidates", self.candidates, "networks trained, the space's included ones among them", between(1, 100000));
    field("selection", self.selection, "which of the space's networks, where more are admitted than candidates says",
          later());
    field("selection_seed", self.selection_seed, "of the selection `random`", later(at_least(0)));
    field("max_params", self.max_params, "cap on full-scale parameters", max_params_range);
    field("max_gmacs", self.max_gmacs, "cap on full-scale macs_valid, in 1e9", max_gmacs_range);
    field("stage", self.stage, "short training of each candidate; its unet is the candidate");
    field("batch", self.batch, "examples an iteration", between(1, 1 << 20));
    field("seed", self.seed, "of weights, data order and noise, the same for all candidates", at_least(0));
    field("seeds", self.seeds,
          "in place of one seed: how many, counted from `seed`, or a list; each seed trains and judges all candidates "
          "for itself",
          later());
    field("optimizer", self.optimizer, "AdamW and its average");
    field("rungs", self.rungs, "iterations after which all candidates are scored and judged, rising", at_least(1));
    field("checkpoint_every", self.checkpoint_every, "iterations between checkpoints inside a rung", at_least(1));
    field("evaluation", self.evaluation, "pictures drawn for the scores");
    field("policy", self.policy, "who goes on at the end of a rung");
    field("profile", self.profile, "time the full-scale candidates block by block on this machine");
    field("lease_seconds", self.lease_seconds, "after which a silent worker's run is free again", between(2, 86400));
  }

  Json written{};      // paths as in the file; this is the sweep's identity and is stored
  std::string file{};  // the file it was read from

  LoopConfig loop(uint64_t of_seed) const {
    return {.iterations = rungs.back(),
            .batch = batch,
            .seed = of_seed,
            .dtype = Precision::fp32,
            .checkpoint_every = checkpoint_every};
  }
  std::vector<int64_t> all_seeds() const;  // at least one
  std::string folder() const { return sweep_folder(name); }
};

inline RunFiles files_of(const SweepConfig& config, const RunStatus& run) { return files_of(config.name, run); }

// `settings` are the values of --set, which override the file's. Paths are resolved by with_found_files.
SweepConfig load_sweep(const std::string& file, const std::vector<std::string>& settings = {});

// A protocol of runs without the fields that only say how far they go and with which seed: rungs, seed and, unless the
// learning rate falls towards the end, iterations. Runs that differ only in these have the same beginning.
Json without_budget(Json protocol);

}  // namespace mds
