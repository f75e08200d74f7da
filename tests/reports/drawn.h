// Models that drew, with scores and their resamples, for the reports of training chains.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/reports/rows_of.h"

namespace mds::test {

struct Drawn {
  int64_t steps = 50;
  double guidance = 1, fd = 0.1;
  int64_t eval_seed = 0;
  std::string sampler = "ddim";
  std::string dtype{}, reference{};
  double rescale = 0;
  // The distance of each resample over the distance; CLIP's differ by as much the other way. Empty: none are stored.
  std::vector<double> spread{};
};

inline void store(Database& database, const ScoreRow& score, const std::vector<double>& spread, auto&& of) {
  add_score(database, score);
  ScoreReplicatesRow row{.subject = score.subject, .name = score.name, .protocol = score.protocol};
  row.eval_seed = score.eval_seed;
  for (const double factor : spread) row.values.push_back(float(of(factor)));
  if (!row.values.empty()) add_replicates(database, row);
}

// The protocol of what was drawn, without what the scores look at.
inline Json protocol_of(const Drawn& drawn) {
  Json sampler{{"steps", drawn.steps}, {"guidance", drawn.guidance}, {"spacing", "trailing"}};
  if (drawn.sampler != "ddim") sampler["sampler"] = drawn.sampler;
  if (drawn.rescale != 0) sampler["rescale"] = drawn.rescale;
  Json protocol{{"n", 20},
                {"sampler", sampler.dump()},
                {"steps", drawn.steps},
                {"guidance", drawn.guidance},
                {"prompts_hash", "p"}};
  if (!drawn.dtype.empty()) protocol["dtype"] = drawn.dtype;
  return protocol;
}

// Stores a distance of a model's pictures.
inline void add_distance(Database& database, const ModelRow& model, const Drawn& drawn,
                         const std::string& name = "fd_emoji_clip") {
  Json protocol = protocol_of(drawn);
  if (name != "fd_emoji_clip") protocol["extractor"] = name;
  if (!drawn.reference.empty()) protocol["reference_hash"] = drawn.reference;
  const ScoreRow score{.subject = model.hash,
                       .subject_name = model.name,
                       .name = name,
                       .protocol = add_protocol(database, protocol.dump()),
                       .eval_seed = drawn.eval_seed,
                       .value = drawn.fd,
                       .low = drawn.fd / 2,
                       .high = drawn.fd * 2,
                       .n = 20};
  store(database, score, drawn.spread, [&](double factor) { return drawn.fd * factor; });
}

// Stores a text-image score of them, or a share of attributes.
inline void add_agreement(Database& database, const ModelRow& model, const Drawn& drawn,
                          const std::string& name = "clip_emoji") {
  Json protocol = protocol_of(drawn);
  protocol["extractor"] = "other";
  const double value = 1 - drawn.fd;
  const ScoreRow score{.subject = model.hash,
                       .subject_name = model.name,
                       .name = name,
                       .protocol = add_protocol(database, protocol.dump()),
                       .eval_seed = drawn.eval_seed,
                       .value = value,
                       .low = value,
                       .high = value,
                       .n = 20};
  store(database, score, drawn.spread, [&](double factor) { return value - (factor - 1); });
}

// Stores a model with a distance and a text-image score of its pictures; returns its hash.
inline std::string add_drawing(Database& database, ModelRow model, const Drawn& drawn) {
  model.hash = sha256(model.name);
  if (model.params == 0) model.params = 10;
  add_model(database, model);
  add_distance(database, model, drawn);
  add_agreement(database, model, drawn);
  return model.hash;
}

// The configuration of the training that made the model, and its run.
inline void add_config(Database& database, const std::string& model, const Json& stage, uint64_t seed = 0,
                       const std::string& run = "") {
  const Json config{{"name", model}, {"stage", stage}, {"loop", {{"seed", seed}, {"batch", 8}}}};
  add_model_training(database, {.model = model, .run = run, .config_json = config.dump()});
}

inline const Json absorbs_two{{"kind", "distil"},
                              {"guidance", {{"probability", 1}, {"low", 2}, {"high", 2}, {"absorbed", true}}}};

// A base that is best at guidance 3, what was distilled from it at guidance 2, and one more stage from that.
inline void add_chain(Database& database) {
  const std::vector<double> spread{0.9, 0.95, 1, 1.05, 1.1}, wider{0.85, 0.95, 1, 1.05, 1.2};
  const ModelRow base{.name = "out/train/md-base/model", .stage = "base", .iterations = 8000, .params = 6229968};
  for (const auto& [guidance, fd] : std::map<double, double>{{1, 0.04}, {2, 0.02}, {3, 0.016}})
    add_drawing(database, base, {.guidance = guidance, .fd = fd, .spread = spread});
  ModelRow model{.name = "out/train/md-8/model", .stage = "distil", .iterations = 2000, .params = 6229968};
  model.predecessor = sha256(base.name);
  add_config(database, add_drawing(database, model, {.steps = 8, .fd = 0.022, .spread = wider}), absorbs_two);
  model.predecessor = sha256(model.name);
  model.name = "out/train/md-1/model", model.stage = "ufogen";
  add_config(database, add_drawing(database, model, {.steps = 1, .fd = 0.03, .spread = spread}), {{"kind", "ufogen"}});
}

}  // namespace mds::test
