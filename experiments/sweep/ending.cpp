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

constexpr size_t shown_places = 2;

// The places where the sweep writes its results.
struct Paths {
  explicit Paths(const SweepConfig& config)
      : folder(config.folder()), best(folder + "/best"), samples(folder + "/samples.png") {}
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

Winner winner_of(const Database& database, const SweepConfig& config) {
  Winner winner{.ranking = rank_sweep(database, config.name), .arch = {}, .run = {}};
  if (!winner.ranking.has_winner())
    throw std::runtime_error("every candidate failed or stopped, so that none wins; `mdsearch report sweep --sweep " +
                             config.name + " --db " + database.file() + "` says why");
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

// A table with the winner and the runner-up.
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
  for (size_t i = 0; i < std::min(shown_places, ranking.placed.size()); ++i) {
    const Placed& placed = ranking.placed[i];
    const ArchRow arch = find_arch(database, placed.candidate).value();
    table.rows.push_back({i == 0 ? "winner" : "runner-up", arch.name, arch.hash, arch.params, arch.macs_valid,
                          placed.value, placed.low ? Json(*placed.low) : Json(),
                          placed.high ? Json(*placed.high) : Json(), placed.n, placed.runs.size(), choices_of(arch)});
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
  const Paths paths(config);
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
          {"rule", winner_rule},
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
  Table table = result_table(database, winner.ranking);
  const Json json = result_json(winner, table, config, database);
  table.title = "Sweep " + config.name + ": " + winner.arch.name + " wins";
  table.footnotes = {others_in_words(winner.ranking), settled_in_words(winner.ranking), winner_rule};
  if (const std::string audited = in_words(audit_of(database, config.name)); !audited.empty())
    table.footnotes.push_back(audited);
  for (const auto& [what, path] : json["paths"].items())
    if (path.is_string()) table.footnotes.push_back(what + ": " + path.get<std::string>());
  return {json, table};
}

}  // namespace

std::string SweepEnd::text(Format format) const {
  return format == Format::json ? json.dump(2) + "\n" : to_text(table, format);
}

SweepEnd end_sweep(const SweepContext& sweep, const std::string& command) {
  const auto& [database, config, latents, measures, placement, listener, clock] = sweep;
  const Paths paths(config);
  const Winner winner = winner_of(database, config);
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

}  // namespace mds
