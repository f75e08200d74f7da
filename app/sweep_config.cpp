#include "app/sweep_scores.h"
#include "pipeline/sampler.h"

namespace mds {

SweepConfig load_sweep(const std::string& file) {
  auto config = load_described<SweepConfig>(file);
  const Place place{file, "rungs"};
  if (config.rungs.empty()) place.fail("is empty; a sweep needs at least one");
  for (size_t i = 1; i < config.rungs.size(); ++i)
    if (config.rungs[i] <= config.rungs[i - 1])
      place.child(i).fail("is " + std::to_string(config.rungs[i]) + "; allowed: more than " +
                          std::to_string(config.rungs[i - 1]));
  if (!config.stage.start.empty())
    Place{file, "stage.start"}.fail("is " + shown(config.stage.start) +
                                    "; allowed: none, as candidates begin untrained");
  if (config.name.empty() || config.name.find('/') != std::string::npos)
    Place{file, "name"}.fail("is \"" + config.name + "\"; it names a folder");
  std::string computed = "fd_emoji_clip, clip_emoji";
  for (const auto& score : config.evaluation.scores) computed += ", " + score;
  for (const auto& score : policy_scores(config.policy))
    if ((", " + computed + ", ").find(", " + score + ", ") == std::string::npos)
      Place{file, "policy.scores"}.fail("names " + score + ", which evaluation.scores does not; allowed: " + computed);
  try {
    check({NoiseSchedule(config.stage.schedule), config.stage.prediction}, config.evaluation.sampler);
  } catch (const ConfigError& error) {
    throw ConfigError(file + ": evaluation." + error.what());
  }
  return config;
}

Json protocol_json(const SweepConfig& config, const LatentSet& latents, const SweepMeasures& measures) {
  Json stage = to_json(config.stage);
  stage.erase("unet");
  Json evaluation = to_json(config.evaluation);
  evaluation.erase("weights");
  if (const Json extractors = measures.scores.extractors(); !extractors.empty()) evaluation["extractors"] = extractors;
  return {{"stage", stage},
          {"loop", to_json(config.loop())},
          {"optimizer", to_json(config.optimizer)},
          {"evaluation", evaluation},
          {"rungs", config.rungs},
          {"latents", latents.hash},
          {"extractor", config.stage.data.encoders.score},
          {"reference", "held-out and training pictures of the data set"}};
}

std::string identity_of(const RunStatus& run) {
  return Json{{"arch", run.arch}, {"protocol", run.protocol}, {"seed", run.seed}}.dump();
}

std::string RunFiles::evaluation(int64_t iteration) const {
  return folder + "/evaluation-" + std::to_string(iteration) + ".safetensors";
}

RunFiles files_of(const SweepConfig& config, const RunStatus& run) {
  return {config.folder() + "/run-" + sha256(identity_of(run)).substr(0, 12)};
}

}  // namespace mds
