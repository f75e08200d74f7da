// mdsearch evaluate: scores of any pictures, or of models that draw a list of captions; each score has its protocol.
#include "experiments/evaluation/evaluate.h"

#include <iostream>
#include <set>

#include "app/evaluate_options.h"
#include "app/run.h"
#include "app/terminal_listener.h"
#include "reports/table.h"

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

void warn_of_single_pictures(const std::vector<EvaluatedPictures>& evaluations) {
  for (const auto& evaluation : evaluations)
    for (const auto& [score, protocol] : evaluation.scores)
      if (score.n == 1 && score.interval != IntervalKind::seeds)
        std::cerr << "warning: " << score.name << " was measured on 1 picture of " << evaluation.name
                  << "; its interval says nothing about others\n";
}

}  // namespace

int run_evaluate(int argc, char** argv) {
  EvaluateOptions options;
  po::variables_map given;
  if (!parse(evaluate_command_line(options), argc, argv, given)) return 0;
  const Format format = parse_format(options.format);
  const EvaluationRequest request = checked_request(options);
  apply(options.compute);
  if (given["metrics"].defaulted()) std::cerr << "no --metrics: " << request.metrics << "\n";
  TerminalListener listener;
  const EvaluationResult result = evaluate(request, listener);
  warn_of_single_pictures(result.evaluations);
  if (format == Format::json)
    std::cout << metrics_json(result).dump(2, ' ', false, Json::error_handler_t::replace) << "\n";
  else
    std::cout << to_text(score_table(result.evaluations), format);
  for (const auto& [subject, score, reason] : result.failures)
    std::cerr << "mdsearch evaluate: " << (score.empty() ? "" : score + " of ") << subject << " failed: " << reason
              << "\n";
  return result.failures.empty() ? 0 : 1;
}

}  // namespace mds
