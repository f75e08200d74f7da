#include "experiments/sweep/ending.h"

#include <algorithm>
#include <filesystem>

#include "experiments/training/latent_cache.h"
#include "experiments/training/picture_parts.h"
#include "networks/network_file.h"
#include "reports/page.h"
#include "search/audit.h"
#include "search/winner.h"
#include "spec/new_file.h"
#include "trainer/checkpoint_file.h"

namespace mds {
namespace {

// The places where the sweep writes its results.
struct Paths {
  Paths(const SweepConfig& config, const WinnerClass& size)
      : folder(config.folder()),
        best(folder + "/best" + ending(size)),
        samples(folder + "/samples" + ending(size) + ".png") {}
  static std::string ending(const WinnerClass& size) { return size.name.empty() ? "" : "-" + size.name; }
  std::string spec() const { return best + "/spec.json"; }
  std::string proxy() const { return best + "/proxy"; }
  std::string report() const { return best + "/report.html"; }
  std::string folder, best, samples;
};

struct Winner {
  Ranking ranking;
  ArchRow arch;  // at full scale
  RunRow run;    // of its first seed; its weights are kept
};

Winner winner_of(const Database& database, const SweepConfig& config, const WinnerClass& size) {
  Winner winner{.ranking = rank_sweep(database, config.name, size.name), .arch = {}, .run = {}};
  if (!winner.ranking.has_winner())
    throw std::runtime_error("every candidate" + (size.name.empty() ? "" : " of the class " + size.name) +
                             " failed or stopped, so that none wins; `mdsearch report sweep --sweep " + config.name +
                             " --db " + database.file() + "` says why");
  const Placed& first = winner.ranking.placed.front();
  winner.arch = find_arch(database, first.candidate).value();
  for (const auto& run : runs_of(database, config.name))
    if (run.run == first.runs.front()) winner.run = run;
  return winner;
}

MetricRow score_of(const Database& database, const Winner& winner) {
  return curve_of(database, winner.run.run, winner.ranking.score).back();
}

struct TrainedProxy {
  UNetSpec spec;
  TensorMap weights;
};

// FileError with the way to go on where the checkpoint is damaged.
TrainedProxy trained_proxy(const Database& database, const SweepConfig& config, const Winner& winner) {
  CheckpointFile checkpoint(files_of(config, winner.run).checkpoint());
  try {
    checkpoint.check();
    return {std::get<UNetSpec>(network_of(find_arch(database, winner.run.arch).value())),
            with_prefix(load_tensors(checkpoint.file()).tensors, "ema.")};
  } catch (const FileError& error) {
    throw FileError(std::string(error.what()) + "; after `mdsearch db retry " + std::to_string(winner.run.run) +
                    " --db " + database.file() + "` the same command trains the winner again");
  }
}

// What made the proxy, besides the sweep itself.
struct Making {
  const std::string& command;
  const std::string& data_hash;
  std::string license;
};

ModelCard card_of(const SweepConfig& config, const Winner& winner, const MetricRow& score, const Making& making) {
  ModelCard card;
  card.prediction = config.stage.prediction;
  card.schedule = config.stage.schedule;
  card.sampler.guidance = config.evaluation.sampler.guidance;
  card.provenance = {.command = making.command,
                     .config = config.written,
                     .data = {config.written["stage"]["latents"]},
                     .data_hash = making.data_hash,
                     .iterations = score.iteration,
                     .seed = uint64_t(winner.run.seed),
                     .run_id = winner.run.arch.substr(0, 16),
                     .license = making.license,
                     .scores = {{score.name, score.value}},
                     .candidate = winner.arch.name,
                     .network = winner.arch.hash,
                     .sweep = config.name};
  return card;
}

void draw_samples(const TrainedProxy& proxy, const SweepContext& sweep, const std::string& file) {
  const auto unet = make_network(make_plan(proxy.spec), sweep.placement);
  load_weights(*unet, proxy.weights, "moving average");
  unet->prepare(sweep.placement.kernels);
  save_grid(file, sweep.measures.evaluator.draw(*unet, diffusion_of(sweep.config.stage)).pictures);
}

// The page is optional: if it cannot be made, the sweep's result is still valid.
void save_page(const SweepContext& sweep, const Paths& paths, const std::string& file) {
  PageOptions options;
  options.report.sweep = sweep.config.name;
  options.report.shipped = shipped_hashes();
  if (std::filesystem::exists(paths.samples)) options.picture_files = {paths.samples};
  try {
    save_text(file, report_page(sweep.database, find_report("sweep"), options));
  } catch (const WriteError&) {
    throw;
  } catch (const FileError& error) {
    sweep.listener.say(std::string("the report page is left out: ") + error.what());
  }
}

Json choices_of(const ArchRow& arch) {
  const Json choices = json_or_null(arch.generator);
  return choices.is_object() ? choices : Json::object();
}

std::string better_words(const std::string& score) {
  return score_kind(score)->better == Better::lower ? "lower is better" : "higher is better";
}

// Where the network that a class's winner is compared with was placed; none where it was not.
std::optional<size_t> place_of_other(const Ranking& ranking) {
  if (ranking.size.against.empty()) return std::nullopt;
  const std::string hash = hash_of(load_network(ranking.size.against));
  const auto found = std::ranges::find(ranking.placed, hash, &Placed::candidate);
  return found == ranking.placed.end() ? std::nullopt : std::optional(size_t(found - ranking.placed.begin()));
}

// A table with the winner, the runner-up, and the network that the winner is compared with.
Table result_table(const Database& database, const Ranking& ranking) {
  Table table{.columns = {{.name = "place"},
                          {.name = "candidate"},
                          {.name = "hash", .letters = 8},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
                          {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 1},
                          {.name = "value", .header = ranking.score},
                          {.name = "low"},
                          {.name = "high"},
                          {.name = "n"},
                          {.name = "seeds"},
                          {.name = "choices", .audience = Audience::programs}}};
  std::vector<size_t> shown{0};
  if (ranking.placed.size() > 1) shown.push_back(1);
  const auto other = place_of_other(ranking);
  if (other && *other > 1) shown.push_back(*other);
  for (const size_t i : shown) {
    const Placed& placed = ranking.placed[i];
    const ArchRow arch = find_arch(database, placed.candidate).value();
    const std::string place = i == 0 ? "winner" : i == 1 ? "runner-up" : "place " + std::to_string(i + 1);
    table.rows.push_back({place, arch.name, arch.hash, arch.params, arch.macs_valid, placed.value,
                          placed.low ? Json(*placed.low) : Json(), placed.high ? Json(*placed.high) : Json(), placed.n,
                          placed.runs.size(), choices_of(arch)});
  }
  return table;
}

std::string others_in_words(const Ranking& ranking) {
  const size_t rivals = ranking.placed.size() - 1;
  return "It was compared with " + std::to_string(rivals) + (rivals == 1 ? " rival" : " rivals") + " after " +
         std::to_string(ranking.iteration) + " iterations by " + ranking.score + ", of which " +
         better_words(ranking.score) + ", with 95% intervals; " + std::to_string(ranking.stopped) +
         " stopped before and " + std::to_string(ranking.failed) + " failed.";
}

// How the winner differs from the network that it is compared with; null without one.
Json against_json(const Ranking& ranking) {
  const auto other = place_of_other(ranking);
  if (!other) return nullptr;
  const Placed &winner = ranking.placed.front(), &placed = ranking.placed[*other];
  return {{"network", ranking.size.against},
          {"place", *other + 1},
          {"value", placed.value},
          {"difference", winner.value / placed.value - 1},
          {"overlapping", winner.overlaps(placed)}};
}

std::string against_in_words(const Ranking& ranking) {
  if (ranking.size.against.empty()) return "";
  const Json against = against_json(ranking);
  if (against.is_null()) return ranking.size.against + " is not among the candidates that it was compared with.";
  if (against["place"] == 1) return "It is " + ranking.size.against + " itself.";
  char percent[32];
  std::snprintf(percent, sizeof percent, "%+.1f", 100 * against["difference"].get<double>());
  return "Against " + ranking.size.against + ", at place " + std::to_string(against["place"].get<size_t>()) + ": " +
         ranking.score + " " + percent + " %; the intervals " +
         (against["overlapping"] == true ? "overlap." : "do not overlap.");
}

Json json_of(const Audit& audit) {
  return {{"runs", audit.runs},
          {"stopped", audit.stopped},
          {"audited", audit.audited},
          {"false_stops", audit.false_stops},
          {"regret", audit.regret ? Json(*audit.regret) : Json()},
          {"saved", audit.saved}};
}

Json result_json(const Winner& winner, const Table& table, const SweepConfig& config, const Database& database) {
  const Ranking& ranking = winner.ranking;
  const Json rows = rows_json(table);
  const Paths paths(config, ranking.size);
  const auto rung = std::ranges::find(config.rungs, ranking.iteration);
  return {{"sweep", config.name},
          {"score", ranking.score},
          {"iteration", ranking.iteration},
          {"images_seen", ranking.images_seen},
          {"rung", rung - config.rungs.begin() + 1},
          {"rungs", config.rungs.size()},
          {"winner", rows[0]},
          {"runner_up", rows.size() > 1 ? rows[1] : Json()},
          {"rivals", ranking.placed.size() - 1},
          {"overlapping", ranking.close()},
          {"settled", ranking.close() == 0},
          {"stopped", ranking.stopped},
          {"failed", ranking.failed},
          {"rule", rule_in_words(ranking)},
          {"class", ranking.size.name.empty() ? Json() : Json(ranking.size.name)},
          {"against", against_json(ranking)},
          {"audit", json_of(audit_of(database, config.name))},
          {"paths",
           {{"database", database.file()},
            {"folder", paths.folder},
            {"spec", paths.spec()},
            {"proxy", paths.proxy()},
            {"report", std::filesystem::exists(paths.report()) ? Json(paths.report()) : Json()},
            {"samples", std::filesystem::exists(paths.samples) ? Json(paths.samples) : Json()}}}};
}

SweepEnd end_of(const Winner& winner, const Database& database, const SweepConfig& config) {
  const Ranking& ranking = winner.ranking;
  Table table = result_table(database, ranking);
  const Json json = result_json(winner, table, config, database);
  table.title = "Sweep " + config.name + (ranking.size.name.empty() ? "" : ", class " + ranking.size.name) + ": " +
                winner.arch.name + " wins";
  table.footnotes = {others_in_words(ranking), settled_in_words(ranking), against_in_words(ranking),
                     rule_in_words(ranking), in_words(audit_of(database, config.name))};
  for (const auto& [what, path] : json["paths"].items())
    if (path.is_string()) table.footnotes.push_back(what + ": " + path.get<std::string>());
  std::erase(table.footnotes, "");
  return {json, {table}};
}

SweepEnd end_class(const SweepContext& sweep, const std::string& command, const WinnerClass& size) {
  const auto& [database, config, latents, measures, placement, listener, clock] = sweep;
  const Paths paths(config, size);
  const Winner winner = winner_of(database, config, size);
  const TrainedProxy proxy = trained_proxy(database, config, winner);
  const EncoderFolders& encoders = config.stage.data.encoders;
  ModelCard card = card_of(config, winner, score_of(database, winner),
                           {command, latents.hash, inherited_license(latents, encoders, {})});
  card.unet = proxy.spec;
  draw_samples(proxy, sweep, paths.samples);
  NewFolder best(paths.best, Before::replaced);
  save_text(best.path() + "/spec.json", spec_text(network_of(winner.arch)));
  save_generator(best.path() + "/proxy", {card, proxy.weights}, latents, encoders);
  save_page(sweep, paths, best.path() + "/report.html");
  best.put_in_place();
  return end_of(winner, database, config);
}

}  // namespace

std::string SweepEnd::text(Format format) const {
  return format == Format::json ? json.dump(2) + "\n" : to_text(tables, format);
}

SweepEnd end_sweep(const SweepContext& sweep, const std::string& command) {
  const auto& classes = sweep.config.winner.classes;
  if (classes.empty()) return end_class(sweep, command, {});
  SweepEnd all;
  for (const auto& size : classes) {
    SweepEnd end = end_class(sweep, command, size);
    if (all.json.is_null()) all.json = end.json;
    all.json["classes"].push_back(end.json);
    all.tables.push_back(end.tables.front());
  }
  return all;
}

}  // namespace mds
