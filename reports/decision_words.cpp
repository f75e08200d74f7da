#include "reports/decision_words.h"

#include <cmath>

#include "reports/report.h"
#include "spec/error.h"

namespace mds {
namespace {

// An empty object where the text is not a JSON object.
Json object_of(const std::string& text) {
  try {
    Json json = parse_json(text, "database");
    return json.is_object() ? json : Json::object();
  } catch (const ConfigError&) {
    return Json::object();
  }
}

std::optional<double> number_at(const Json& json, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  if (!json.contains(place) || !json.at(place).is_number()) return std::nullopt;
  return json.at(place).get<double>();
}

std::string rounded(double value) { return shown(Json(value), {.name = "", .digits = digits_for({value})}); }

std::string percent(double log_ratio) {
  const double change = 100 * std::expm1(log_ratio);
  return shown(Json(std::abs(change)), {.name = "", .digits = std::abs(change) < 10 ? 1 : 0}) + "%";
}

std::string signed_percent(double log_ratio) { return (log_ratio < 0 ? "-" : "+") + percent(log_ratio); }

std::string signed_number(double value) { return (value < 0 ? "-" : "+") + rounded(std::abs(value)); }

// One score in a decision's inputs, for people. Policies orient scores so that higher is worse, and take logarithms of
// distances; this undoes both.
struct Compared {
  std::string name{};
  bool logarithmic = false, has_slope = false;
  double level = 0, median_level = 0, difference = 0, low = 0, high = 0, slope = 0, median_slope = 0;

  std::string value(double v) const { return rounded(logarithmic ? std::exp(v) : v); }
  std::string change(double v) const { return logarithmic ? signed_percent(v) : signed_number(v); }
};

// The score of a key without its marks; the default scores have short keys.
std::string score_of_key(const std::string& key) {
  return key == "fd" ? "fd_emoji_clip" : key == "clip" ? "clip_emoji" : key;
}

std::optional<Compared> compared(std::string key, const Json& numbers) {
  if (!numbers.is_object()) return std::nullopt;
  std::array<double, 7> all{};
  constexpr std::array fields{"level", "median_level", "difference", "low", "high", "slope", "median_slope"};
  constexpr size_t needed = 5;
  bool slope = true;
  for (size_t i = 0; i < fields.size(); ++i) {
    const auto value = number_at(numbers, std::string("/") + fields[i]);
    if (!value && i < needed) return std::nullopt;
    slope = slope && value;
    all[i] = value.value_or(0);
  }
  const bool turned = key.starts_with("minus_");
  if (turned) {
    key = key.substr(6);
    for (double& value : all) value = -value;
    std::swap(all[3], all[4]);
  }
  const bool logarithmic = key.starts_with("log_");
  if (logarithmic) key = key.substr(4);
  return Compared{score_of_key(key), logarithmic, slope, all[0], all[1], all[2], all[3], all[4], all[5], all[6]};
}

// What the median stopping rule compares.
std::string best_in_words(std::string key, const Json& numbers) {
  const auto best = number_at(numbers, "/best"), median = number_at(numbers, "/median_average");
  if (!best || !median) return "";
  const double sign = key.starts_with("minus_") ? -1 : 1;
  if (sign < 0) key = key.substr(6);
  const bool logarithmic = key.starts_with("log_");
  if (logarithmic) key = key.substr(4);
  const auto value = [&](double number) { return rounded(logarithmic ? std::exp(number) : sign * number); };
  return " Its best " + score_of_key(key) + " was " + value(*best) + ", the median of the others' averages " +
         value(*median) + ".";
}

// With only one evaluation there is no slope, and the inputs of paper/1 hold the level in its place.
std::string sentence_of(const Compared& score, bool one_evaluation) {
  const std::string levels =
      score.name + " was " + score.value(score.level) + ", the median " + score.value(score.median_level);
  const std::string interval = " [" + score.change(score.low) + ", " + score.change(score.high) + "]";
  if (one_evaluation || !score.has_slope)
    return levels + ": a difference of " + score.change(score.difference) + interval + ".";
  return levels + "; in 1,000 pictures it changed by " + score.change(score.slope) + ", the median by " +
         score.change(score.median_slope) + ": a difference of " + score.change(score.difference) + interval + ".";
}

std::string verdict_in_words(const std::string& verdict) {
  if (verdict == "stop") return "Stopped";
  if (verdict == "promote") return "Promoted";
  return verdict == "continue" ? "Went on" : "Verdict \"" + verdict + "\"";
}

std::string circumstances(const Json& inputs, const SweepCandidate& candidate) {
  std::string words;
  const auto add = [&](const std::string& part) { words += (words.empty() ? "" : ", ") + part; };
  const auto images = number_at(inputs, "/images_seen"), cohort = number_at(inputs, "/cohort");
  for (const auto& score : candidate.evaluations)
    if (images && double(score.images_seen) == *images) {
      add(thousands(score.iteration) + " iterations");
      break;
    }
  if (images) add(thousands(std::llround(*images)) + " pictures seen");
  if (cohort) add(thousands(std::llround(*cohort)) + " candidates compared");
  return words.empty() ? "" : " (" + words + ")";
}

}  // namespace

std::string in_words(const DecisionRow& decision, const SweepCandidate& candidate) {
  const Json inputs = object_of(decision.inputs_json);
  std::string words = verdict_in_words(decision.verdict) + " at rung " + std::to_string(decision.rung + 1) +
                      circumstances(inputs, candidate);
  if (inputs.contains("reason") && inputs["reason"].is_string()) words += ": " + inputs["reason"].get<std::string>();
  words += ".";
  const bool one_evaluation = number_at(inputs, "/evaluations").value_or(1) < 2;
  for (const auto& [key, numbers] : inputs.items()) {
    if (const auto score = compared(key, numbers)) words += " Its " + sentence_of(*score, one_evaluation);
    if (numbers.is_object()) words += best_in_words(key, numbers);
  }
  const auto chance = number_at(inputs, "/p_adjusted"), allowed = number_at(inputs, "/alpha");
  if (chance && allowed)
    words += " If it did not differ, that would happen to one of so many candidates with a chance of " +
             rounded(*chance) + "; stopped is below " + rounded(*allowed) + ".";
  if (const auto rank = number_at(inputs, "/mean_rank"))
    words += " Its mean rank over the scores was " + rounded(*rank) + ", the last one promoted had " +
             rounded(number_at(inputs, "/last_promoted_rank").value_or(0)) + ".";
  return words + (decision.audited ? " As an audit of the rule it was trained on all the same." : "");
}

std::string protocol_in_words(const std::string& protocol_json) {
  const Json protocol = object_of(protocol_json);
  const auto number = [&](const std::string& at) {
    const auto value = number_at(protocol, at);
    return value ? shown(*value == std::round(*value) ? Json(std::llround(*value)) : Json(*value), {}) : "";
  };
  const auto part = [](const std::string& before, const std::string& value, const std::string& after = "") {
    return value.empty() ? "" : before + value + after;
  };
  const std::string iterations = number("/loop/iterations"), pictures = number("/evaluation/pictures");
  if (iterations.empty()) return "";
  std::string rungs;
  if (protocol.contains("rungs") && protocol["rungs"].is_array())
    for (const auto& rung : protocol["rungs"]) rungs += (rungs.empty() ? "" : ", ") + shown(rung, {});
  std::string words = "Each candidate was trained for up to " + iterations + " iterations" +
                      part(" of ", number("/loop/batch"), " pictures") + part(", judged after ", rungs) +
                      part(", as a proxy with every width divided by ", number("/stage/width_divisor")) +
                      part("; learning rate ", number("/optimizer/lr")) + part(", seed ", number("/loop/seed")) + ".";
  return words + part(" Scores are those of ", pictures, " pictures") +
         part(", drawn in ", number("/evaluation/sampler/steps"), " steps") +
         part(" at guidance ", number("/evaluation/sampler/guidance")) + (pictures.empty() ? "" : ".");
}

}  // namespace mds
