#include "app/sweep_judge.h"

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>
#include <iostream>

namespace mds {
namespace {

Evaluation read_evaluation(const std::string& file, int64_t images_seen, const Evaluator& evaluator, const BootstrapIndices& indices) {
  const auto content = load_tensors(file);
  const Tensor features = content.tensors.at("features"), clip = content.tensors.at("clip").to(at::kDouble).contiguous();
  Evaluation evaluation{.images_seen = images_seen, .log_fd = std::log(evaluator.held_out().distance(features)), .log_fd_replicates = {}, .clip = {}};
  for (const double distance : evaluator.held_out().replicates(features, indices)) evaluation.log_fd_replicates.push_back(std::log(distance));
  evaluation.clip.assign(clip.const_data_ptr<double>(), clip.const_data_ptr<double>() + clip.numel());
  return evaluation;
}

}  // namespace

void judge_rung(Store& store, const SweepConfig& config, const Evaluator& evaluator, int64_t rung) {
  PolicyConfig policy = config.policy;
  policy.use_clip = policy.use_clip && evaluator.clip_reliable();
  if (config.policy.use_clip && !policy.use_clip)
    std::cerr << "the scoring encoder's recall@1 is below five times chance: fd_emoji_clip alone ranks\n";
  const auto indices = policy_indices(policy, config.evaluation.pictures);

  std::vector<Curve> curves;
  std::vector<int64_t> runs;
  for (const auto& run : store.runs(config.name)) {
    Curve curve{.candidate = run.arch, .evaluations = {}};
    for (int64_t r = 0; r <= rung; ++r) {
      const int64_t iteration = config.rungs[size_t(r)];
      const std::string file = evaluation_file(config, run.run, iteration);
      if (std::filesystem::exists(file)) curve.evaluations.push_back(read_evaluation(file, iteration * config.batch, evaluator, indices));
    }
    if (run.state != RunState::paused || run.rung != rung) continue;
    curves.push_back(std::move(curve));
    runs.push_back(run.run);
  }
  const auto decisions = judge(policy, curves, config.rungs[size_t(rung)] * config.batch);
  for (size_t i = 0; i < decisions.size(); ++i) {
    const bool stop = decisions[i].verdict == Verdict::stop;
    store.transaction([&] {
      store.add_decision({.run = runs[i], .rung = rung, .rule = decisions[i].rule, .inputs_json = decisions[i].inputs.dump(),
                          .verdict = std::string(name_of(decisions[i].verdict))});
      if (stop) store.stop(runs[i], "stopped by " + decisions[i].rule);
      if (!stop) store.promote(runs[i], rung + 1);
    });
    std::cerr << "run " << runs[i] << ": " << (stop ? "stops" : "goes on") << " at rung " << rung + 1 << "\n";
  }
}

}  // namespace mds
