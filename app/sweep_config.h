// A sweep as one file, and what it calls the things it leaves on disk.
#pragma once

#include "search/enumerate.h"
#include "search/policy.h"
#include "search/store/rows.h"
#include "trainer/evaluate.h"

namespace mds {

struct SweepConfig {
  std::string name = "sweep";
  std::string space = "configs/spaces/mobilediffusion.json";
  int64_t candidates = 6;
  int64_t max_params = Caps{}.params;
  double max_gmacs = Caps{}.gmacs();
  BaseConfig stage;
  int64_t batch = 16;
  uint64_t seed = 0;
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
    field("candidates", self.candidates, "networks trained, the space's included ones among them", between(1, 100000));
    field("max_params", self.max_params, "cap on full-scale parameters", max_params_range);
    field("max_gmacs", self.max_gmacs, "cap on full-scale macs_valid, in 1e9", max_gmacs_range);
    field("stage", self.stage, "short training of each candidate; its unet is the candidate");
    field("batch", self.batch, "examples an iteration", between(1, 1 << 20));
    field("seed", self.seed, "of weights, data order and noise, the same for all candidates", at_least(0));
    field("optimizer", self.optimizer, "AdamW and its average");
    field("rungs", self.rungs, "iterations after which all candidates are scored and judged, rising", at_least(1));
    field("checkpoint_every", self.checkpoint_every, "iterations between checkpoints inside a rung", at_least(1));
    field("evaluation", self.evaluation, "pictures drawn for the scores");
    field("policy", self.policy, "who goes on at the end of a rung");
    field("profile", self.profile, "time the full-scale candidates block by block on this machine");
    field("lease_seconds", self.lease_seconds, "after which a silent worker's run is free again", between(2, 86400));
  }

  LoopConfig loop() const {
    return {.iterations = rungs.back(),
            .batch = batch,
            .seed = seed,
            .dtype = Precision::fp32,
            .checkpoint_every = checkpoint_every};
  }
  std::string folder() const { return "out/sweeps/" + name; }
};

// What a run's weights follow from; a checkpoint of another identity is refused.
std::string identity_of(const RunStatus& run);

// The files of a run. Its folder is named by its identity, so that two databases may share it.
struct RunFiles {
  std::string folder;
  std::string checkpoint() const { return folder + "/checkpoint.safetensors"; }
  std::string evaluation(int64_t iteration) const;  // features and cosines, kept for the judge
};
RunFiles files_of(const SweepConfig& config, const RunStatus& run);

SweepConfig load_sweep(const std::string& file);

}  // namespace mds
