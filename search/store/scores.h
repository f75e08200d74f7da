// Scores of any pictures or models, tied to no run, and the models that have them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "search/store/row.h"

namespace mds {

struct ScoreRow {
  std::string subject{};       // hash of the model or of the pictures
  std::string subject_name{};  // their folder
  int64_t iteration = 0;       // of a model's training
  std::string name{};
  std::string protocol{};  // hash
  int64_t eval_seed = 0;
  double value = 0, low = 0, high = 0;
  int64_t n = 1;
  int64_t measured_unix_s = 0;

  static constexpr TableTraits table{.name = "score", .storage = Storage::by_key, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("subject", self.subject, {.key = true, .check = "length(subject) = 64"});
    column("name", self.name, {.key = true});
    column("protocol_id", self.protocol, {.key = true, .parent = "protocol", .by = "hash"});
    column("eval_seed", self.eval_seed, {.key = true});
    column("subject_name", self.subject_name);
    column("iteration", self.iteration, {.check = "iteration >= 0"});
    column("value", self.value);
    column("low", self.low);
    column("high", self.high, {.check = "low <= high"});
    column("n", self.n, {.check = "n > 0"});
    column("measured_unix_s", self.measured_unix_s);
  }
};

// The score of each resample of its captions, in the order of the draws: those of two scores with equal protocols but
// for the sampler are paired. A table of its own, because scores that were stored without them may get them later.
struct ScoreReplicatesRow {
  std::string subject{}, name{}, protocol{};
  int64_t eval_seed = 0;
  std::vector<float> values{};

  static constexpr TableTraits table{.name = "score_replicates", .storage = Storage::loose, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("subject", self.subject, {.key = true, .check = "length(subject) = 64"});
    column("name", self.name, {.key = true});
    column("protocol_id", self.protocol, {.key = true, .parent = "protocol", .by = "hash"});
    column("eval_seed", self.eval_seed, {.key = true});
    column("replicates", self.values, {.check = "length(replicates) > 0 AND length(replicates) % 4 = 0"});
  }
};

// A model folder that has stored scores: what it says about its training.
struct ModelRow {
  std::string hash{};
  std::string name{};   // of its folder
  std::string stage{};  // kind of the training stage, or empty
  int64_t iterations = 0;
  int64_t params = 0;         // of the UNet; for an autoencoder, of the decoder
  std::string predecessor{};  // hash of the model that its training started from, or empty
  std::string data{};         // names of the data sets that it was trained on, "noto, openclipart", or empty

  static constexpr TableTraits table{.name = "model", .storage = Storage::by_key, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("hash", self.hash, {.key = true, .check = "length(hash) = 64"});
    column("name", self.name);
    column("stage", self.stage);
    column("iterations", self.iterations, {.check = "iterations >= 0"});
    column("params", self.params, {.check = "params > 0"});
    column("predecessor", self.predecessor);
    column("data", self.data);
  }
};

// What a model folder says of the training that made it: all that tells one method from another.
struct ModelTrainingRow {
  std::string model{};        // its hash
  std::string run{};          // the beginning of the hash of the training's protocol, or empty
  std::string config_json{};  // of the training

  static constexpr TableTraits table{.name = "model_training", .storage = Storage::by_key, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("model", self.model, {.key = true, .check = "length(model) = 64"});
    column("run", self.run);
    column("config_json", self.config_json);
  }
};

// A repeated evaluation keeps the first value, a second model of the same hash changes nothing.
inline void add_score(Database& database, const ScoreRow& row) { insert(database, row); }
inline void add_model(Database& database, const ModelRow& row) { insert(database, row); }
inline void add_replicates(Database& database, const ScoreReplicatesRow& row) { insert(database, row); }
inline void add_model_training(Database& database, const ModelTrainingRow& row) { insert(database, row); }

// Empty where none are stored.
inline std::vector<double> replicates_of(const Database& database, const ScoreRow& score) {
  const auto rows = stored_rows<ScoreReplicatesRow>(
      database,
      "WHERE subject = :subject AND name = :name AND eval_seed = :seed AND protocol_id = (SELECT protocol_id FROM "
      "protocol WHERE hash = :protocol)",
      score.subject, score.name, score.eval_seed, score.protocol);
  if (rows.empty()) return {};
  return {rows.front().values.begin(), rows.front().values.end()};
}

// By name, protocol, then iteration.
inline std::vector<ScoreRow> all_scores(const Database& database) {
  return stored_rows<ScoreRow>(database, "ORDER BY name, protocol, iteration, subject_name, eval_seed");
}
inline std::vector<ModelTrainingRow> all_model_trainings(const Database& database) {
  return stored_rows<ModelTrainingRow>(database, "ORDER BY model");
}
// By name.
inline std::vector<ModelRow> all_models(const Database& database) {
  return stored_rows<ModelRow>(database, "ORDER BY name, hash");
}

}  // namespace mds
