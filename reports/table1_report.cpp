// Networks with our counts and latencies, each followed by the figures that the paper prints, marked as literature.
#include <algorithm>
#include <map>

#include "reports/report.h"
#include "search/store/select.h"

namespace mds {
namespace {

struct NetworkLine {
  std::string network{}, source{}, device{};
  bool literature = false;
  Json params{}, macs_valid{}, latency_ms{}, ratio{}, low_ms{}, high_ms{}, latency_mark{}, size_bytes{}, hash{};
};

NetworkLine printed_line(const std::vector<LiteratureRow>& figures, const std::string& network) {
  NetworkLine line{.network = network, .literature = true};
  for (const auto& figure : figures) {
    if (figure.network != network) continue;
    line.source = figure.source;
    if (figure.name == "params") line.params = int64_t(figure.value);
    if (figure.name == "macs_valid") line.macs_valid = int64_t(figure.value);
    if (figure.name == "size_bytes") line.size_bytes = int64_t(figure.value);
    if (figure.name != "latency_ms") continue;
    line.latency_ms = figure.value;
    line.device = figure.conditions;
  }
  return line;
}

// One line for each setting under which a network was timed; one line without latency if there is none.
std::vector<NetworkLine> counted_lines(const std::string& network, const ArchRow& arch,
                                       const std::vector<NetworkProfile>& profiles) {
  std::vector<NetworkLine> lines;
  const NetworkLine counted{
      .network = network, .source = "counted", .params = arch.params, .macs_valid = arch.macs_valid, .hash = arch.hash};
  for (const auto& profile : profiles) {
    const auto latency = profile.latency();
    if (profile.hash != arch.hash || !latency) continue;
    NetworkLine line = counted;
    line.source = latency->is_sum ? "counted, sum of timed blocks" : "counted, timed";
    line.device = to_string(profile.setting);
    line.latency_ms = latency->ns * 1e-6;
    line.latency_mark = to_string(latency->evidence);
    if (latency->low_ns) line.low_ms = *latency->low_ns * 1e-6, line.high_ms = *latency->high_ns * 1e-6;
    lines.push_back(line);
  }
  if (lines.empty()) lines.push_back(counted);
  return lines;
}

// Divides each latency by one on the same device and setting: that of sd15 where it was timed there, else that of the
// largest timed network.
void add_ratios(std::vector<NetworkLine>& lines) {
  std::map<std::string, double> first;  // by device and setting
  for (const auto& line : lines)
    if (!line.latency_ms.is_null()) first.emplace(line.device, line.latency_ms);
  for (const auto& line : lines)
    if (line.network == "sd15" && !line.latency_ms.is_null()) first[line.device] = line.latency_ms;
  for (auto& line : lines)
    if (!line.latency_ms.is_null()) line.ratio = line.latency_ms.get<double>() / first.at(line.device);
}

std::vector<std::string> networks_by_size(const std::vector<LiteratureRow>& figures) {
  std::vector<std::pair<double, std::string>> sized;
  for (const auto& figure : figures)
    if (figure.name == "params") sized.emplace_back(-figure.value, figure.network);
  std::sort(sized.begin(), sized.end());
  std::vector<std::string> names;
  for (const auto& [size, name] : sized) names.push_back(name);
  return names;
}

std::vector<Table> table1_tables(const Database& database, const ReportOptions& options) {
  auto figures = printed_figures(database);
  std::erase_if(figures, [](const LiteratureRow& figure) { return figure.source != literature_table1; });
  const auto profiles = network_profiles(database);
  Table table{
      .title = "Networks: counted here, and as printed",
      .columns = {{.name = "network", .weight = Weight::identity},
                  {.name = "literature", .audience = Audience::programs},
                  {.name = "mark", .header = "", .audience = Audience::people, .weight = Weight::identity},
                  {.name = "source", .weight = Weight::minor},
                  {.name = "hash", .audience = Audience::programs},
                  {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1, .weight = Weight::major},
                  {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 1, .weight = Weight::major},
                  {.name = "latency_ms", .header = "latency ms", .digits = 1, .weight = Weight::major},
                  {.name = "latency_ratio", .header = "ratio", .digits = 2, .weight = Weight::major},
                  {.name = "latency_mark", .header = "timing", .weight = Weight::minor},
                  {.name = "low_ms", .audience = Audience::programs},
                  {.name = "high_ms", .audience = Audience::programs},
                  {.name = "device", .header = "latency on"},
                  {.name = "size_bytes", .header = "size GB", .scale = 1e-9, .digits = 2}}};
  std::set<std::string> hashes;
  std::vector<NetworkLine> lines;
  for (const auto& network : networks_by_size(figures)) {
    if (const auto arch = shipped_arch(database, options, network)) {
      for (auto& line : counted_lines(network, *arch, profiles)) lines.push_back(std::move(line));
      hashes.insert(arch->hash);
    }
    lines.push_back(printed_line(figures, network));
  }
  add_ratios(lines);
  for (const auto& line : lines)
    if (options.network.empty() || options.network == line.network)
      table.rows.push_back({line.network, line.literature, line.literature ? "†" : " ", line.source, line.hash,
                            line.params, line.macs_valid, line.latency_ms, line.ratio, line.latency_mark, line.low_ms,
                            line.high_ms, line.device, line.size_bytes});
  table.footnotes = {
      "† literature: printed in the source named, never measured here. Latencies of differing devices do not compare.",
      "GMACs: valid taps, attention included; the paper calls them GFLOPs. Size: fp16 pipeline of UNet, text encoder, "
      "decoder."};
  table.footnotes.push_back(
      "The printed SD-XL and SnapFusion are not these networks: the released SD-XL has 2,567.5 M parameters in 70 "
      "transformer blocks, where 62 blocks would count 2,289.4 M and 720.0 G; SnapFusion is counted as publicly "
      "described, with 17 residual blocks where the paper prints 18.");
  table.footnotes.push_back(
      "ratio: of a latency to that of sd15 on the same device and setting, or to the largest network's where sd15 was "
      "not timed there. `mdsearch profile NAME` adds the latency of a network.");
  add_marks_footnote(table, "latency_mark");
  add_rejected_footnote(table, profiles, hashes);
  return {table};
}

}  // namespace

constinit const Report table1_report{
    .name = "table1",
    .summary = "networks side by side: our counts, latencies and their ratios beside the paper's figures",
    .tables = table1_tables,
    .lacking = always_some};

}  // namespace mds
