// Trainings that belong to no sweep (`mdsearch train`): how far each got, its loss and its speed.
#include "reports/page_sweep.h"
#include "reports/report.h"
#include "spec/listed.h"

namespace mds {
namespace {

// A value of the run's protocol, which holds all that determines the run; null where it is absent.
Json value_at(const Json& protocol, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  return protocol.contains(place) ? protocol.at(place) : Json();
}

// The rate over all iterations; the rate in each row is a mean over n iterations.
Json mean_rate(const std::vector<MetricRow>& rates) {
  double iterations = 0, seconds_a_batch = 0;
  for (const auto& row : rates) {
    if (row.value <= 0) continue;
    iterations += double(row.n);
    seconds_a_batch += double(row.n) / row.value;
  }
  return seconds_a_batch > 0 ? Json(iterations / seconds_a_batch) : Json();
}

std::string scores_text(const SweepCandidate& run) {
  return listed(run.scores, [](const auto& score) {
    const Column column{.name = "", .digits = digits_for({score.second.value})};
    return score.first + " " + shown(score.second.value, column);
  });
}

void add_row(Table& table, const Database& database, const SweepCandidate& run) {
  const Json protocol = json_or_null(protocol_json(database, run.protocol));
  const auto loss = curve_of(database, run.run, "loss");
  table.rows.push_back({run.run, value_at(protocol, "/config/name"), value_at(protocol, "/config/stage/kind"), run.seed,
                        run.state, run.trained_params, run.iterations, value_at(protocol, "/config/loop/iterations"),
                        loss.empty() ? Json() : Json(loss.front().value),
                        loss.empty() ? Json() : Json(loss.back().value),
                        mean_rate(curve_of(database, run.run, "images_per_s")), run.device, scores_text(run),
                        run.message, run.protocol, run.trained_hash});
  if (!run.message.empty())
    table.footnotes.push_back("Run " + std::to_string(run.run) + " is " + run.state + ": " + run.message);
}

std::vector<Table> training_tables(const Database& database, const ReportOptions&) {
  Table table{.title = "Trainings",
              .columns = {{.name = "run", .weight = Weight::identity},
                          {.name = "name", .weight = Weight::identity},
                          {.name = "stage"},
                          {.name = "seed", .weight = Weight::least},
                          {.name = "state", .weight = Weight::major},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
                          {.name = "iterations", .weight = Weight::major},
                          {.name = "of", .weight = Weight::major, .follows = true},
                          {.name = "loss_first", .header = "first loss"},
                          {.name = "loss_last", .header = "last loss"},
                          {.name = "images_per_s", .header = "images/s"},
                          {.name = "device", .weight = Weight::minor},
                          {.name = "scores", .weight = Weight::major},
                          {.name = "message", .audience = Audience::programs},
                          {.name = "protocol", .audience = Audience::programs},
                          {.name = "hash", .audience = Audience::programs}},
              .rows = {},
              .footnotes = {"Losses: means over the iterations up to the first and up to the last checkpoint. A run "
                            "that is leased is being trained, or was killed; the same command goes on with it."}};
  for (const auto& run : training_runs(database)) add_row(table, database, run);
  return {table};
}

PagePlots training_plots(const Database& database, const ReportOptions&) {
  const auto runs = training_runs(database);
  return {.html = curve_plots(database, runs, plain_names(runs), "")};
}

}  // namespace

constinit const Report training_report{.name = "training",
                                       .summary = "trainings of their own: state, loss, images a second",
                                       .tables = training_tables,
                                       .lacking = "holds no training; `mdsearch train CONFIG` makes one",
                                       .plots = training_plots};

}  // namespace mds
