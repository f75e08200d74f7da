#include "reports/trainings.h"

#include <algorithm>

#include "spec/stage_kind.h"

namespace mds {
namespace {

// What a stage says of guidance; absent where it absorbs none itself.
std::optional<AbsorbedGuidance> absorbed_by(const Json& config, const Place& place) {
  const Json stage = config.is_object() && config.contains("stage") ? config["stage"] : Json();
  if (!stage.is_object() || !stage.contains("guidance")) return std::nullopt;
  const Json& guidance = stage["guidance"];
  const double number = guidance.is_number() ? guidance.get<double>() : 0;
  // An adversary's teacher without guidance may be one that has absorbed some before.
  if (number == 1 && stage.value("kind", Json()) == "ufogen") return std::nullopt;
  if (number > 0) return AbsorbedGuidance{number, number};
  if (!guidance.is_object() || !stored_value(guidance, "absorbed", false, place) ||
      stored_value(guidance, "probability", 1.0, place) == 0)
    return std::nullopt;
  return AbsorbedGuidance{stored_value(guidance, "low", 1.0, place), stored_value(guidance, "high", 1.0, place)};
}

// The number at a place of a configuration; a fallback where there is none.
double number_at(const Json& config, const std::string& pointer, double fallback) {
  const Json::json_pointer place(pointer);
  return config.contains(place) && config[place].is_number() ? config[place].get<double>() : fallback;
}

// Rates are means without the first iteration of a process; their time is that of all iterations.
double seconds_of(const Database& database, int64_t run, double batch) {
  std::map<int64_t, double> rates;
  for (const auto& row : curve_of(database, run, "images_per_s")) rates[row.iteration] = row.value;
  double seconds = 0;
  for (const auto& row : curve_of(database, run, "loss"))
    if (const auto rate = rates.find(row.iteration); rate != rates.end() && rate->second > 0)
      seconds += double(row.n) * batch / rate->second;
  return seconds;
}

constexpr int64_t longest_chain = 32;

}  // namespace

ModelTrainings::ModelTrainings(const Database& database) : database_(database), trained_(training_runs(database)) {
  for (const auto& row : all_model_trainings(database)) {
    configs_[row.model] = json_or_null(row.config_json);
    runs_[row.model] = row.run;
  }
  for (auto& model : all_models(database)) models_[model.hash] = std::move(model);
}

const Json& ModelTrainings::config(const std::string& model) const {
  static const Json none;
  const auto found = configs_.find(model);
  return found == configs_.end() ? none : found->second;
}

const ModelRow* ModelTrainings::predecessor(const std::string& model) const {
  const auto row = models_.find(model);
  const auto before = row == models_.end() ? row : models_.find(row->second.predecessor);
  return before == models_.end() ? nullptr : &before->second;
}

std::string ModelTrainings::named(const std::string& folder) const {
  std::string hash;
  for (const auto& [each, model] : models_) {
    if (model.name != folder) continue;
    if (!hash.empty()) return "";
    hash = each;
  }
  return hash;
}

Json ModelTrainings::without_seed(const std::string& model) const { return without_seed(model, longest_chain); }

Json ModelTrainings::without_seed(const std::string& model, int64_t depth) const {
  Json config = this->config(model);
  if (!config.is_object() || depth == 0) return nullptr;
  for (const char* of_no_weight : {"name", "evaluation", "sample_every", "keep_every"}) config.erase(of_no_weight);
  if (config.contains("loop") && config["loop"].is_object())
    for (const char* key : {"seed", "checkpoint_every"}) config["loop"].erase(key);
  if (!config.contains("stage") || !config["stage"].is_object()) return config;
  for (const char* key : {"start", "teacher"}) {
    Json& folder = config["stage"][key];
    if (!folder.is_string()) continue;
    const ModelRow* before = key == std::string("start") ? predecessor(model) : nullptr;
    const Json from = without_seed(before ? before->hash : named(folder.get<std::string>()), depth - 1);
    if (!from.is_null()) folder = from;
  }
  return config;
}

std::optional<TrainingCost> ModelTrainings::cost(const std::string& model) const {
  const auto run = runs_.find(model);
  if (run == runs_.end() || run->second.empty()) return std::nullopt;
  const auto trained = std::ranges::find_if(
      trained_, [&](const SweepCandidate& each) { return each.protocol.starts_with(run->second); });
  if (trained == trained_.end()) return std::nullopt;
  TrainingCost cost{.seconds = seconds_of(database_, trained->run, number_at(config(model), "/loop/batch", 0))};
  for (const auto& row : curve_of(database_, trained->run, "peak_bytes"))
    cost.peak_bytes = std::max(cost.peak_bytes.value_or(0), row.value);
  return cost.seconds > 0 ? std::optional(cost) : std::nullopt;
}

std::optional<TrainingCost> ModelTrainings::cost_since_base(const std::string& model) const {
  TrainingCost sum;
  std::string at = model;
  for (int64_t depth = 0; depth < longest_chain; ++depth) {
    const auto own = cost(at);
    if (!own) return std::nullopt;
    sum.seconds += own->seconds;
    if (own->peak_bytes) sum.peak_bytes = std::max(sum.peak_bytes.value_or(0), *own->peak_bytes);
    const ModelRow* before = predecessor(at);
    if (!before) return std::nullopt;
    if (before->stage == stage_kinds.front()) return sum;
    at = before->hash;
  }
  return std::nullopt;
}

std::optional<AbsorbedGuidance> ModelTrainings::absorbed(const std::string& model) const {
  std::string at = model;
  for (int64_t depth = 0; depth < longest_chain && configs_.contains(at); ++depth) {
    if (const auto own = absorbed_by(config(at), {"model_training", at})) return own;
    const ModelRow* before = predecessor(at);
    if (!before) return std::nullopt;
    at = before->hash;
  }
  return std::nullopt;
}

}  // namespace mds
