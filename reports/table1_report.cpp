// The paper's Table 1: UNets with the shape, counts, latency and size of ours, each followed by the figures that the
// paper prints, marked as literature.
#include "reports/paper_networks.h"

namespace mds {
namespace {

constexpr const char* reference = "sd15";  // whose latency the others are divided by

std::vector<Column> columns() {
  return {{.name = "network", .weight = Weight::identity},
          {.name = "literature", .audience = Audience::programs},
          {.name = "mark", .header = "", .audience = Audience::people, .weight = Weight::identity},
          {.name = "source", .audience = Audience::programs},
          {.name = "hash", .audience = Audience::programs},
          {.name = "channels", .weight = Weight::minor},
          {.name = "conv_blocks", .header = "conv"},
          {.name = "self_attentions", .header = "SA"},
          {.name = "cross_attentions", .header = "CA"},
          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1, .weight = Weight::major},
          {.name = "macs_valid", .header = "GFLOPs", .scale = 1e-9, .digits = 1, .weight = Weight::major},
          {.name = "latency_ms", .header = "latency ms", .digits = 1, .weight = Weight::major},
          {.name = "latency_mark", .header = "timing", .weight = Weight::minor},
          {.name = "low_ms", .audience = Audience::programs},
          {.name = "high_ms", .audience = Audience::programs},
          {.name = "device", .audience = Audience::programs},
          {.name = "size_bytes", .header = "size GB", .scale = 1e-9, .digits = 2, .weight = Weight::major},
          {.name = "latency_ratio", .header = "of sd15", .digits = 2, .weight = Weight::major},
          {.name = "of_printed", .header = "of printed", .digits = 2, .weight = Weight::major}};
}

class NetworkRows {
 public:
  NetworkRows(const Database& database, const ReportOptions& options, const SettingLatencies& latencies)
      : database_(database), options_(options), latencies_(latencies), figures_(printed_figures(database)) {}

  std::optional<std::vector<Json>> counted(const PaperNetwork& network) const {
    const auto arch = shipped_arch(database_, options_, network.unet);
    if (!arch) return std::nullopt;
    const NetworkShape shape = shape_of(database_, arch->hash);
    const auto timed = latencies_.by_network.find(network.unet);
    const bool is_timed = timed != latencies_.by_network.end();
    const auto ms = [](const std::optional<double>& ns) { return to_json(milliseconds(ns)); };
    const Json ratio = ratio_of(latencies_.milliseconds(network.unet), latencies_.milliseconds(reference));
    return std::vector<Json>{network.unet,
                             false,
                             " ",
                             is_timed && timed->second.is_sum ? "counted, sum of timed blocks" : "counted",
                             arch->hash,
                             shape.channels,
                             shape.conv_blocks,
                             shape.self_attentions,
                             shape.cross_attentions,
                             arch->params,
                             arch->macs_valid,
                             latencies_.milliseconds(network.unet),
                             is_timed ? Json(to_string(timed->second.evidence)) : Json(),
                             is_timed ? ms(timed->second.low_ns) : Json(),
                             is_timed ? ms(timed->second.high_ns) : Json(),
                             is_timed ? to_string(latencies_.setting) : "",
                             fp16_bytes(database_, options_, network),
                             ratio,
                             ratio_of(ratio, printed_ratio(network))};
  }

  std::optional<std::vector<Json>> printed(const PaperNetwork& network) const {
    const auto figure = [&](const char* name) {
      return printed_value(figures_, {literature_table1, network.unet, name});
    };
    if (figure("params").is_null()) return std::nullopt;
    return std::vector<Json>{network.unet,
                             true,
                             "†",
                             literature_table1,
                             Json(),
                             Json(),
                             figure("conv_blocks"),
                             figure("self_attentions"),
                             figure("cross_attentions"),
                             figure("params"),
                             figure("macs_valid"),
                             figure("latency_ms"),
                             Json(),
                             Json(),
                             Json(),
                             "TPU v3",
                             figure("size_bytes"),
                             printed_ratio(network),
                             Json()};
  }

 private:
  Json printed_ratio(const PaperNetwork& network) const {
    return ratio_of(printed_value(figures_, {literature_table1, network.unet, "latency_ms"}),
                    printed_value(figures_, {literature_table1, reference, "latency_ms"}));
  }

  const Database& database_;
  const ReportOptions& options_;
  const SettingLatencies& latencies_;
  std::vector<LiteratureRow> figures_;
};

Table table_of(const Database& database, const ReportOptions& options, const SettingLatencies& latencies) {
  Table table{.title = "Networks: counted and timed here, and as printed", .columns = columns()};
  const NetworkRows rows(database, options, latencies);
  std::set<std::string> hashes;
  for (const auto& network : paper_networks()) {
    const auto arch = shipped_arch(database, options, network.unet);
    if (!is_asked(options, network.unet, arch ? arch->hash : "")) continue;
    if (arch) hashes.insert(arch->hash);
    for (const auto& row : {rows.counted(network), rows.printed(network)})
      if (row) table.rows.push_back(*row);
  }
  table.footnotes = {
      setting_words(latencies),
      std::string("† literature: ") + literature_table1 +
          ", never measured here, latency on TPU v3. Latencies of differing devices do not compare; their ratios to "
          "that of sd15 may: the last column is our ratio over the printed one.",
      "conv: residual blocks. SA, CA: self- and cross-attentions. GFLOPs: 1e9 multiply-accumulates of valid taps, "
      "attention included, as the paper counts. Size: fp16 weights of UNet, text encoder, decoder.",
      "The printed SD-XL and SnapFusion are not these networks: the released SD-XL has 2,567.5 M parameters in 70 "
      "transformer blocks, where 62 blocks would count 2,289.4 M and 720.0 G; SnapFusion is counted as publicly "
      "described, with 17 residual blocks where the paper prints 18."};
  add_marks_footnote(table, "latency_mark");
  add_rejected_footnote(table, network_profiles(database), hashes);
  return table;
}

std::vector<Table> table1_tables(const Database& database, const ReportOptions& options) {
  std::vector<std::string> networks;
  for (const auto& network : paper_networks()) networks.emplace_back(network.unet);
  std::vector<Table> tables;
  for (const auto& latencies : latencies_of(database, options, networks))
    tables.push_back(table_of(database, options, latencies));
  return tables;
}

}  // namespace

constinit const Report table1_report{
    .name = "table1",
    .summary = "UNets side by side: our shapes, counts, latencies and sizes beside the paper's figures",
    .tables = table1_tables,
    .lacking = always_some,
    .reads = "network all"};

}  // namespace mds
