// The scores of the ladder's networks that were trained alike, and whether they bear out what the paper says.
#include <cmath>

#include "reports/ladder.h"

namespace mds {
namespace {

constexpr double drop = 0.02;  // a distance that rises by more is a drop of quality

// The ladder's networks among runs of one sweep, protocol and seed.
using Runs = std::map<std::string, SweepCandidate>;  // by network

std::optional<MetricRow> score_at(const SweepCandidate& run, const std::string& name, int64_t images_seen) {
  for (const auto& score : run.evaluations)
    if (score.name == name && score.images_seen == images_seen) return score;
  return std::nullopt;
}

// The most images that all of them have seen when they were scored; 0 where there is no such number.
int64_t common_images(const Runs& trained, const std::string& score) {
  std::map<int64_t, size_t> scored;
  for (const auto& [network, run] : trained)
    for (const auto& row : run.evaluations) scored[row.images_seen] += row.name == score;
  int64_t most = 0;
  for (const auto& [images, count] : scored)
    if (count == trained.size()) most = images;
  return most;
}

struct TrainedAlike {
  Runs trained{};
  int64_t images_seen = 0;
};

// Of all groups of runs that were trained alike, the one with the most networks; among those, the most images seen.
TrainedAlike trained_alike(const Database& database, const ReportOptions& options, const std::string& score) {
  std::map<std::string, std::string> networks;
  for (const auto& rung : ladder_rungs)
    if (const auto arch = shipped_arch(database, options, rung.network)) networks[arch->hash] = rung.network;
  std::map<std::tuple<std::string, std::string, int64_t>, Runs> groups;
  for (const auto& run : candidates(database, options.sweep))
    if (const auto network = networks.find(run.hash); network != networks.end() && run.scores.contains(score))
      groups[{run.sweep, run.protocol, run.seed}][network->second] = run;
  TrainedAlike best;
  for (auto& [key, trained] : groups) {
    const int64_t images = common_images(trained, score);
    if (images > 0 && std::pair(trained.size(), images) > std::pair(best.trained.size(), best.images_seen))
      best = {trained, images};
  }
  return best;
}

bool overlap(const MetricRow& a, const MetricRow& b) {
  return a.low && b.low && *a.low <= *b.high && *b.low <= *a.high;
}

// Whether the change of the distance is what the paper claims of the step.
Json verdict(LadderClaim claim, const MetricRow& from, const MetricRow& to) {
  const double change = to.value / from.value - 1;
  bool agrees = false;
  switch (claim) {
    case LadderClaim::none:
      return nullptr;
    case LadderClaim::no_drop:
      agrees = change <= drop;
      break;
    case LadderClaim::worse:
      agrees = change > drop;
      break;
    case LadderClaim::no_gain:
      agrees = change >= -drop;
      break;
  }
  return std::string(agrees ? "agrees" : "differs") + (overlap(from, to) ? ", within intervals" : "");
}

Table empty_table(const std::string& distance, const std::string& similarity) {
  return {.title = "Quality along the ladder, each network trained alike",
          .columns = {{.name = "step", .weight = Weight::identity},
                      {.name = "network", .weight = Weight::identity},
                      {.name = "change", .weight = Weight::minor},
                      score_column(distance, 4),
                      interval_column("fd_interval"),
                      {.name = "fd_change", .header = "%", .scale = 100, .digits = 1, .weight = Weight::major},
                      score_column(similarity, 4),
                      {.name = "claim", .header = "paper †", .weight = Weight::major},
                      {.name = "verdict", .weight = Weight::major},
                      {.name = "printed_fid", .header = "FID †", .digits = 2},
                      {.name = "printed_clip", .header = "CLIP †", .digits = 3},
                      {.name = "protocol", .audience = Audience::programs}}};
}

std::vector<Json> row_of(const LadderRung& rung, const TrainedAlike& all, const std::vector<LiteratureRow>& figures) {
  const auto score = [&](const std::string& network, const char* name) -> std::optional<MetricRow> {
    const auto run = all.trained.find(network);
    return run == all.trained.end() ? std::nullopt : score_at(run->second, name, all.images_seen);
  };
  const auto fd = score(rung.network, "fd_emoji_clip"), before = score(rung.from, "fd_emoji_clip"),
             clip = score(rung.network, "clip_emoji");
  return {rung.name,
          rung.network,
          rung.change,
          fd ? Json(fd->value) : Json(),
          fd ? interval_cell(fd->low, fd->high, 4) : Json(),
          fd && before ? Json(fd->value / before->value - 1) : Json(),
          clip ? Json(clip->value) : Json(),
          rung.claim == LadderClaim::none ? Json() : Json(name_of(rung.claim)),
          fd && before ? verdict(rung.claim, *before, *fd) : Json(),
          printed_value(figures, {literature_ladder, rung.network, "fid"}),
          printed_value(figures, {literature_ladder, rung.network, "clip"}),
          fd ? Json(all.trained.at(rung.network).protocol) : Json()};
}

}  // namespace

std::vector<Table> ladder_score_tables(const Database& database, const ReportOptions& options) {
  const TrainedAlike all = trained_alike(database, options, "fd_emoji_clip");
  if (all.trained.size() < 2) return {};
  const auto figures = printed_figures(database);
  Table table = empty_table("fd_emoji_clip", "clip_emoji");
  for (const auto& rung : ladder_rungs) table.rows.push_back(row_of(rung, all, figures));
  const SweepCandidate& any = all.trained.begin()->second;
  table.footnotes = {
      "Sweep " + any.sweep + ", seed " + std::to_string(any.seed) + ", " + thousands(all.images_seen) +
          " images seen by each; " + protocol_words(protocol_json(database, any.protocol)) + ".",
      "% is the change of the distance against the network that the step changes. No drop: it rises by at most 2 %. "
      "Within intervals: those of the two networks, over pictures, overlap.",
      "† literature: " + std::string(literature_ladder) + "; its claims are of training at full width on other data."};
  return {table};
}

}  // namespace mds
