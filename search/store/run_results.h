// What runs yield: scores and losses, what decisions about them need, the decisions, checkpoints, pictures.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "search/store/runs.h"

namespace mds {

struct MetricRow {
  int64_t iteration = 0;
  int64_t images_seen = 0;
  std::string name{};
  double value = 0;
  int64_t n = 1;  // samples from which the value was computed
  std::optional<double> low{}, high{};
  int64_t eval_seed = 0;
  std::string checkpoint{};  // SHA-256 of the scored weights, or empty
  std::string protocol{};    // hash of the score's own protocol; empty when written: that of the run
  int64_t run = 0;           // set by add_metric

  static constexpr TableTraits table{
      .name = "metric", .storage = Storage::by_key, .append_only = true, .check = "low IS NULL OR low <= high"};
  static void columns(auto& self, auto&& column) {
    column("run_id", self.run, {.key = true, .parent = "run"});
    column("name", self.name, {.key = true});
    column("iteration", self.iteration, {.key = true, .check = "iteration >= 0"});
    column("protocol_id", self.protocol, {.key = true, .parent = "protocol", .by = "hash"});
    column("eval_seed", self.eval_seed, {.key = true});
    column("images_seen", self.images_seen, {.check = "images_seen >= 0"});
    column("value", self.value);
    column("n", self.n, {.check = "n > 0"});
    column("low", self.low);
    column("high", self.high);
    column("checkpoint_sha256", self.checkpoint);
  }
};

// What an evaluation_sample holds: a score of each picture, the score of resampled pictures, or its mean over halves of
// the pictures.
enum class SampleKind : uint8_t { picture, replicate, halves };
template <>
struct EnumNames<SampleKind> {
  static constexpr std::array names{"picture", "replicate", "halves"};
};

// What a decision needs of a score besides its value.
struct EvaluationSampleRow {
  int64_t iteration = 0;
  std::string name{};  // of the score
  SampleKind kind = SampleKind::picture;
  std::vector<float> samples{};
  int64_t run = 0;  // set by add_evaluation_sample

  static constexpr TableTraits table{.name = "evaluation_sample", .storage = Storage::loose, .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("run_id", self.run, {.key = true, .parent = "run"});
    column("iteration", self.iteration, {.key = true, .check = "iteration >= 0"});
    column("name", self.name, {.key = true});
    column("kind", self.kind, {.key = true});
    column("samples", self.samples, {.check = "length(samples) > 0 AND length(samples) % 4 = 0"});
  }
};

struct DecisionRow {
  int64_t run = 0;
  int64_t rung = 0;
  std::string rule{};
  int64_t rule_version = 1;
  std::string inputs_json{};
  std::string verdict{};
  bool audited = false;        // the run trains on to the end, to show what the verdict costs
  int64_t decided_unix_s = 0;  // set by add_decision

  static constexpr TableTraits table{.name = "decision", .append_only = true};
  static void columns(auto& self, auto&& column) {
    column("run_id", self.run, {.key = true, .parent = "run"});
    column("rung", self.rung, {.key = true});
    column("rule", self.rule, {.key = true});
    column("rule_version", self.rule_version, {.key = true});
    column("inputs_json", self.inputs_json, {.key = true, .is_long = true});
    column("verdict", self.verdict);
    column("audited", self.audited, {.key = true});
    column("decided_unix_s", self.decided_unix_s);
  }
};

struct CheckpointRow {
  std::string sha256{};
  std::string path{};
  int64_t bytes = 0;
  int64_t iteration = 0;
  int64_t run = 0;  // set by add_checkpoint

  static constexpr TableTraits table{.name = "checkpoint"};
  static void columns(auto& self, auto&& column) {
    column("run_id", self.run, {.key = true, .parent = "run"});
    column("iteration", self.iteration, {.key = true});
    column("sha256", self.sha256, {.key = true, .check = "length(sha256) = 64"});
    column("path", self.path);
    column("bytes", self.bytes, {.check = "bytes > 0"});
  }
};

struct PictureRow {
  int64_t iteration = 0;
  std::string mime = "image/png";
  std::string bytes{};  // of the file; schema.h limits those of one run
  std::string prompt{};
  int64_t seed = 0;
  int64_t run = 0;  // set by add_picture

  static constexpr TableTraits table{.name = "picture"};
  static void columns(auto& self, auto&& column) {
    column("run_id", self.run, {.key = true, .parent = "run"});
    column("iteration", self.iteration, {.key = true});
    column("prompt", self.prompt, {.key = true, .is_long = true});
    column("seed", self.seed, {.key = true});
    column("mime", self.mime, {.check = "mime IN ('image/png', 'image/jpeg', 'image/webp')"});
    column("bytes", self.bytes, {.bytes = true, .check = "length(bytes) BETWEEN 1 AND 16384"});
  }
};

void add_metric(Database& database, const RunRef& run, MetricRow row);  // a repeated evaluation keeps the first value
void add_evaluation_sample(Database& database, const RunRef& run, EvaluationSampleRow row);
void add_checkpoint(Database& database, const RunRef& run, CheckpointRow row);
// Forgets them, as their files are gone.
void drop_checkpoints(Database& database, int64_t run);
void add_picture(Database& database, const RunRef& run, PictureRow row);  // a run keeps those of its last iteration
void add_decision(Database& database, DecisionRow row);

std::vector<MetricRow> metrics_of(const Database& database, int64_t run);  // by name, then iteration
std::vector<MetricRow> curve_of(const Database& database, int64_t run, const std::string& name);  // by iteration
std::vector<EvaluationSampleRow> evaluation_samples_of(const Database& database, int64_t run);    // by iteration
std::vector<DecisionRow> decisions_of(const Database& database, int64_t run);                     // oldest first
std::set<int64_t> audited_runs(const Database& database,
                               const std::string& sweep);  // stopped, and trained on all the same
std::vector<CheckpointRow> checkpoints_of(const Database& database, int64_t run);  // by iteration

}  // namespace mds
