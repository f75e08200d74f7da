// The paper's Table 2, three decoders: counts and latency of ours at full width, the quality of narrow versions that
// were trained here, and under each the figures of the paper.
#include <algorithm>
#include <array>

#include "reports/paper_networks.h"
#include "search/store/select.h"

namespace mds {
namespace {

struct Decoder {
  const char *network, *printed;
};
constexpr std::array decoders{Decoder{"sd-vae-decoder", "SD"}, Decoder{"md-vae-decoder", "original"},
                              Decoder{"md-vae-decoder-light", "light"}};

using Scores = std::map<std::string, ScoreRow>;  // by name

// A narrow decoder that was trained, with its scores.
struct Trained {
  ModelRow model{};
  std::string width{};  // "1/4"
  Scores scores{};
};

// The conditions of a comparison: the pictures, their number and size. Each decoder has its model that was scored last,
// with the last score of each name.
using DecoderGroup = std::map<std::string, Trained>;  // by network

// The models whose decoder is a full-scale one with every width divided. That narrow network is a child of the full one
// in the store; its models are found by their number of parameters.
std::map<std::string, Trained> trained_decoders(const Database& database, const std::string& full) {
  std::map<std::string, Trained> found;  // by the model's hash
  for (const auto& [name, params] :
       select<std::string, int64_t>(database, "SELECT name, params FROM arch WHERE parent_hash = :full", full))
    for (const auto& model : all_models(database))
      if (model.stage == "autoencoder" && model.params == params)
        found[model.hash] = {.model = model, .width = name.substr(name.rfind('-') + 1)};
  return found;
}

std::string conditions_of(const Json& protocol) {
  Json conditions;
  for (const char* key : {"data_hash", "dtype", "n", "resolution"}) conditions[key] = protocol.value(key, Json());
  return conditions.dump();
}

std::map<std::string, DecoderGroup> groups_of(const Database& database, const ReportOptions& options) {
  std::map<std::string, DecoderGroup> groups;
  const auto scores = all_scores(database);
  for (const auto& decoder : decoders) {
    const auto full = shipped_arch(database, options, decoder.network);
    if (!full) continue;
    std::map<std::string, std::map<std::string, Trained>> by_conditions;
    const auto trained = trained_decoders(database, full->hash);
    for (const auto& score : scores) {
      const auto found = trained.find(score.subject);
      if (found == trained.end()) continue;
      const std::string conditions = conditions_of(stored_protocol(database, score.protocol).json);
      ScoreRow& kept = by_conditions[conditions].insert(*found).first->second.scores[score.name];
      if (score.measured_unix_s >= kept.measured_unix_s) kept = score;
    }
    const auto last = [](const auto& model) { return model.second.scores.begin()->second.measured_unix_s; };
    for (const auto& [conditions, models] : by_conditions)
      groups[conditions][decoder.network] =
          std::max_element(models.begin(), models.end(), [&](auto& x, auto& y) { return last(x) < last(y); })->second;
  }
  if (groups.empty()) groups[""] = {};
  return groups;
}

class Rows {
 public:
  Rows(const Database& database, const ReportOptions& options, const SettingLatencies& latencies)
      : database_(database), options_(options), latencies_(latencies), figures_(printed_figures(database)) {}

  std::vector<Json> ours(const Decoder& decoder, const DecoderGroup& group,
                         const std::vector<std::string>& perceptual) const {
    const auto arch = shipped_arch(database_, options_, decoder.network);
    const auto found = group.find(decoder.network);
    const Trained trained = found == group.end() ? Trained{} : found->second;
    const bool scored = found != group.end();
    std::vector<Json> row{decoder.network,
                          false,
                          " ",
                          arch ? Json(arch->params) : Json(),
                          scored ? Json(trained.width) : Json(),
                          scored ? Json(trained.model.iterations) : Json()};
    std::vector<std::string> names{"psnr", "ssim"};
    names.insert(names.end(), perceptual.begin(), perceptual.end());
    int64_t n = 0;
    for (const auto& name : names) {
      const auto score = trained.scores.find(name);
      const bool known = score != trained.scores.end();
      row.push_back(known ? Json(score->second.value) : Json());
      row.push_back(known ? interval_cell(score->second.low, score->second.high,
                                          name == "psnr"   ? 2
                                          : name == "ssim" ? 3
                                                           : 4)
                          : Json());
      if (known) n = score->second.n;
    }
    row.push_back(nullptr);
    row.push_back(n > 0 ? Json(n) : Json());
    const Json latency = latencies_.milliseconds(decoder.network);
    const auto timed = latencies_.by_network.find(decoder.network);
    row.insert(row.end(),
               {latency, timed == latencies_.by_network.end() ? Json() : Json(to_string(timed->second.evidence)),
                ratio_of(latency, latencies_.milliseconds(decoders[0].network)), trained.model.hash});
    return row;
  }

  std::vector<Json> printed_ones(const Decoder& decoder, const std::vector<std::string>& perceptual) const {
    const auto figure = [&](const char* name) { return printed(decoder, name); };
    std::vector<Json> row{decoder.printed, true,           "†",     figure("params"), "1",
                          nullptr,         figure("psnr"), nullptr, figure("ssim"),   nullptr};
    row.resize(row.size() + 2 * perceptual.size());
    const Json latency = figure("latency_ms");
    row.insert(row.end(),
               {figure("lpips"), nullptr, latency, nullptr, ratio_of(latency, printed(decoders[0], "latency_ms")), ""});
    return row;
  }

 private:
  Json printed(const Decoder& decoder, const char* name) const {
    return printed_value(figures_, {literature_table2, decoder.network, name});
  }

  const Database& database_;
  const ReportOptions& options_;
  const SettingLatencies& latencies_;
  std::vector<LiteratureRow> figures_;
};

std::vector<Column> columns_of(const std::vector<std::string>& perceptual) {
  std::vector<Column> columns{
      {.name = "decoder", .weight = Weight::identity},
      {.name = "literature", .audience = Audience::programs},
      {.name = "mark", .header = "", .audience = Audience::people, .weight = Weight::identity},
      {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1, .weight = Weight::major},
      {.name = "width", .header = "scored at width"},
      {.name = "iterations"},
      {.name = "psnr", .header = "PSNR ↑", .digits = 2, .weight = Weight::major},
      interval_column("psnr_interval"),
      {.name = "ssim", .header = "SSIM ↑", .digits = 3},
      interval_column("ssim_interval")};
  for (const auto& name : perceptual) {
    columns.push_back({.name = name, .header = name + " ↓", .digits = 4});
    columns.push_back(interval_column(name + "_interval"));
  }
  columns.insert(columns.end(), {{.name = "lpips", .header = "LPIPS ↓", .digits = 3},
                                 {.name = "n"},
                                 {.name = "latency_ms", .header = "latency ms", .digits = 1, .weight = Weight::major},
                                 {.name = "latency_mark", .header = "timing"},
                                 {.name = "of_sd", .header = "of SD", .digits = 3},
                                 {.name = "model", .audience = Audience::programs}});
  return columns;
}

std::vector<std::string> perceptual_scores(const DecoderGroup& group) {
  std::set<std::string> names;
  for (const auto& [network, trained] : group)
    for (const auto& [name, score] : trained.scores)
      if (compares(name, Compared::perception)) names.insert(name);
  return {names.begin(), names.end()};
}

std::vector<Table> table2_tables(const Database& database, const ReportOptions& options) {
  std::vector<std::string> networks;
  for (const auto& decoder : decoders) networks.emplace_back(decoder.network);
  const SettingLatencies latencies = latencies_of(database, options, networks).front();
  const Rows rows(database, options, latencies);
  std::vector<Table> tables;
  for (const auto& [conditions, group] : groups_of(database, options)) {
    const auto perceptual = perceptual_scores(group);
    Table table{.title = "Decoders: trained and timed here, and as printed",
                .columns = columns_of(perceptual),
                .rows = {},
                .footnotes = {std::string("† literature: ") + literature_table2 +
                              ", never measured here: COCO 2017 validation, latency of decoding 512 x 512. Scores and "
                              "latencies do not compare with ours, ratios of latencies may."}};
    for (const auto& decoder : decoders) {
      table.rows.push_back(rows.ours(decoder, group, perceptual));
      table.rows.push_back(rows.printed_ones(decoder, perceptual));
    }
    table.footnotes.push_back(
        "Params and latency are the full-width decoder's, scores a narrow one's that was trained here: pictures "
        "returned from the mean of their posterior, with their own encoder.");
    if (!conditions.empty()) table.footnotes.push_back("Scored on: " + protocol_words(conditions) + ".");
    table.footnotes.push_back(setting_words(latencies));
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace

constinit const Report table2_report{
    .name = "table2",
    .summary = "decoders: quality and latency of ours beside the figures that the paper prints",
    .tables = table2_tables,
    .lacking = always_some,
    .reads = "all"};

}  // namespace mds
