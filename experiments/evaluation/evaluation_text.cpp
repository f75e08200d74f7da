#include "experiments/evaluation/evaluation_text.h"

#include <set>

#include "spec/listed.h"

namespace mds {
namespace {

Json metrics_json(const EvaluationResult& result) {
  Json metrics = Json::array(), failed = Json::array();
  for (const auto& [subject, score, reason] : result.failures)
    failed.push_back({{"subject", subject}, {"name", score}, {"reason", reason}});
  for (const auto& evaluation : result.evaluations)
    for (const auto& [score, protocol] : evaluation.scores) {
      Json line = to_json(score);
      line["subject"] = evaluation.name;
      line["subject_hash"] = evaluation.subject;
      line["iteration"] = evaluation.iteration;
      line["convention"] = find_metric(score.name)->convention;
      line["protocol"] = to_json(protocol);
      line["protocol_hash"] = hash_of(protocol);
      metrics.push_back(std::move(line));
    }
  Json json{{"metrics", std::move(metrics)}, {"skipped", result.skipped}};
  if (!failed.empty()) json["failed"] = std::move(failed);
  return json;
}

Table score_table(const std::vector<EvaluatedPictures>& evaluations) {
  Table table{.title = "Scores",
              .columns = {{.name = "subject", .header = "pictures or model"},
                          {.name = "iteration"},
                          {.name = "name", .header = "score"},
                          {.name = "value"},
                          {.name = "low"},
                          {.name = "high"},
                          {.name = "n"},
                          {.name = "protocol"}},
              .rows = {},
              .footnotes = {}};
  std::set<std::string> named;
  for (const auto& evaluation : evaluations)
    for (const auto& [score, protocol] : evaluation.scores)
      if (named.insert(score.name).second)
        table.footnotes.push_back(score.name + ": " + find_metric(score.name)->convention);
  table.footnotes.emplace_back(
      "low and high: 95% confidence. Only scores of one name and one protocol can be compared:");
  for (const auto& evaluation : evaluations)
    for (const auto& [score, protocol] : evaluation.scores) {
      const std::string label = hash_of(protocol).substr(0, 8);
      table.rows.push_back(
          {evaluation.name, evaluation.iteration, score.name, score.value, score.low, score.high, score.n, label});
      if (named.insert(label).second) table.footnotes.push_back(label + ": " + canonical_json(protocol));
    }
  return table;
}

std::string line_of(const Metric& metric) {
  const std::string name = metric.name, network = metric.network;
  return "  " + name + std::string(20 - name.size(), ' ') + (network.empty() ? "" : network + ": ") + metric.convention;
}

}  // namespace

std::string evaluation_text(const EvaluationResult& result, Format format) {
  if (format == Format::json) return metrics_json(result).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return to_text(score_table(result.evaluations), format);
}

std::string metrics_text() { return "Scores:\n" + listed(all_metrics(), line_of, "\n"); }

}  // namespace mds
