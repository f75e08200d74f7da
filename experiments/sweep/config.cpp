#include "experiments/sweep/config.h"

#include <algorithm>

#include "experiments/sweep/asking.h"
#include "experiments/sweep/scores.h"
#include "networks/found_file.h"
#include "pipeline/sampler.h"
#include "search/policy_table.h"
#include "spec/fields.h"
#include "spec/listed.h"

namespace mds {
namespace {

void check_rungs(const SweepConfig& config, const Place& place) {
  if (config.rungs.empty()) place.fail("is empty; a sweep needs at least one");
  for (size_t i = 1; i < config.rungs.size(); ++i)
    if (config.rungs[i] <= config.rungs[i - 1])
      place.child(i).fail("is " + std::to_string(config.rungs[i]) + "; allowed: more than " +
                          std::to_string(config.rungs[i - 1]));
}

void check_seeds(const Json& seeds, const Place& place) {
  if (seeds.is_number()) {
    int64_t count = 0;
    return read_json(seeds, count, place, between(1, 1000));
  }
  std::vector<int64_t> list;
  read_json(seeds, list, place, at_least(0));
  for (size_t i = 0; i < list.size(); ++i)
    if (std::count(list.begin(), list.end(), list[i]) > 1)
      place.child(i).fail("is " + std::to_string(list[i]) + ", which is there twice");
}

void check_scores(const SweepConfig& config, const Place& place) {
  const auto computed = config.computed_scores();
  for (const auto& score : policy_scores(config.policy))
    if (std::ranges::count(computed, score) == 0)
      place.fail("names " + score + ", which evaluation.scores does not; allowed: " + listed(computed));
}

void check_strategy(const SweepConfig& config, const std::string& file) {
  if (!config.asks()) return;
  objectives_of(config, {file, "strategy.objectives"});
  if (!config.networks.empty())
    Place{file, "strategy.kind"}.fail("is " + std::string(name_of(config.strategy.kind)) +
                                      ", which searches a space, and networks are given; give space in their place");
}

// What decides has to be scored or timed by the sweep.
void check_winner(const SweepConfig& config, const Place& place) {
  check_winner(config.winner, place);
  const auto computed = config.computed_scores();
  for (const auto& name : config.winner.objectives) {
    const Place here = place.child("objectives");
    if (name == latency_objective) require_timings(config, here);
    if (score_kind(name) && std::ranges::find(computed, name) == computed.end())
      here.fail("names " + name + ", which the sweep does not compute; it computes " + mds::listed(computed));
  }
}

void check(const SweepConfig& config, const std::string& file) {
  check_folder_name(config.name, {file, "name"});
  check_rungs(config, {file, "rungs"});
  check_seeds(config.seeds, {file, "seeds"});
  check_scores(config, {file, "policy.scores"});
  check_strategy(config, file);
  check_winner(config, {file, "winner"});
  if (config.space.empty() == config.networks.empty())
    Place{file, "networks"}.fail(config.networks.empty() ? "is empty, and so is space; give one of them"
                                                         : "is given, and so is space; give one of them");
  if (!config.stage.start.empty())
    Place{file, "stage.start"}.fail("is " + shown(config.stage.start) +
                                    "; allowed: none, as candidates begin untrained");
  check_micro_batch(config.loop(config.seed), file + ": ");
  try {
    check({NoiseSchedule(config.stage.schedule), config.stage.prediction}, config.evaluation.sampler);
  } catch (const ConfigError& error) {
    throw ConfigError(file + ": evaluation." + error.what());
  }
}

}  // namespace

std::vector<int64_t> SweepConfig::all_seeds() const {
  std::vector<int64_t> all;
  if (seeds.is_array()) all = seeds.get<std::vector<int64_t>>();
  if (all.empty())
    for (int64_t i = 0; i < (seeds.is_number() ? seeds.get<int64_t>() : 1); ++i) all.push_back(int64_t(seed) + i);
  return all;
}

void require_timings(const SweepConfig& config, const Place& place) {
  if (!config.profile) place.fail("names latency, and profile is false; set it to true");
}

std::vector<std::string> SweepConfig::computed_scores() const {
  std::vector<std::string> names{"fd_emoji_clip", "clip_emoji"};
  names.insert(names.end(), evaluation.scores.begin(), evaluation.scores.end());
  return names;
}

SweepConfig load_sweep(const std::string& file, const std::vector<std::string>& settings) {
  const std::string found = found_file(file);
  Json json = load_json(found);
  for (const auto& setting : settings) assign(json, type_of(SweepConfig{}), setting);
  if (json.is_object() && !json.value("networks", Json::array()).empty()) json.emplace("space", "");
  auto read = from_json<SweepConfig>(json, file);
  read.policy.version = policy_of(read.policy).version;
  const Json written = to_json(read);
  auto config = from_json<SweepConfig>(with_found_files(written, found), file);
  config.written = written;
  config.file = file;
  check(config, file);
  return config;
}

Json protocol_json(const SweepConfig& config, const LatentSource& latents, const SweepMeasures& measures) {
  Json stage = config.written["stage"];
  stage.erase("unet");
  Json evaluation = config.written["evaluation"];
  evaluation.erase("weights");
  if (const Json extractors = measures.scores.extractors(); !extractors.empty()) evaluation["extractors"] = extractors;
  return without_budget({{"stage", stage},
                         {"loop", to_json(config.loop(config.seed))},
                         {"optimizer", to_json(config.optimizer)},
                         {"evaluation", evaluation},
                         {"latents", latents.hash},
                         {"extractor", config.written["stage"]["encoders"]["score"]},
                         {"reference", "held-out and training pictures of the data set"}});
}

Json without_budget(Json protocol) {
  protocol.erase("rungs");
  protocol["loop"].erase("seed");
  if (protocol["optimizer"]["decay"] == name_of(RateDecay::constant)) protocol["loop"].erase("iterations");
  return protocol;
}

}  // namespace mds
