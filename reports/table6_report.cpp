// Latency block by block, one table for each network and setting. Where the whole network was timed as well, the
// residual row is what the sum of the blocks leaves unexplained.
#include <algorithm>

#include "reports/report.h"
#include "spec/error.h"

namespace mds {
namespace {

Json milliseconds(const std::optional<double>& ns) { return ns ? Json(*ns * 1e-6) : Json(); }

std::vector<Json> row_of(const NetworkProfile& profile, const BlockTiming& block) {
  const auto& timing = block.timing;
  const double sum = profile.whole ? profile.whole->median_ns : profile.blocks_ns();
  const Setting& setting = profile.setting;
  std::vector<Json> row{profile.name, profile.hash, block.path,   block.kind,
                        block.in,     block.out,    block.params, block.macs_valid};
  if (timing)
    row.insert(
        row.end(),
        {timing->median_ns * 1e-6, milliseconds(timing->low_ns), milliseconds(timing->high_ns), timing->n,
         sum > 0 ? Json(timing->median_ns / sum) : Json(),
         timing->median_ns > 0 && block.macs_valid > 0 ? Json(double(block.macs_valid) / timing->median_ns) : Json(),
         timing->mark});
  else
    row.insert(row.end(), {Json(), Json(), Json(), 0, Json(), Json(), "not timed"});
  row.insert(row.end(), {setting.device, setting.dtype, setting.threads, setting.batch});
  return row;
}

Table table_of(const NetworkProfile& profile) {
  Table table{
      .title = (profile.name.empty() ? short_hash(profile.hash) : profile.name) + ": " + to_string(profile.setting),
      .columns = {{.name = "network", .audience = Audience::programs},
                  {.name = "hash", .audience = Audience::programs},
                  {.name = "path"},
                  {.name = "kind"},
                  {.name = "in"},
                  {.name = "out"},
                  {.name = "params", .header = "params K", .scale = 1e-3, .digits = 0},
                  {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 3},
                  {.name = "median_ms", .header = "median ms", .digits = 3},
                  {.name = "low_ms", .header = "low", .digits = 3},
                  {.name = "high_ms", .header = "high", .digits = 3},
                  {.name = "n"},
                  {.name = "share", .header = "share %", .scale = 100, .digits = 1},
                  {.name = "gmacs_per_s", .header = "GMAC/s", .digits = 0},
                  {.name = "mark"},
                  {.name = "device", .audience = Audience::programs},
                  {.name = "dtype", .audience = Audience::programs},
                  {.name = "threads", .audience = Audience::programs},
                  {.name = "batch", .audience = Audience::programs}},
      .footnotes = {
          "low and high bound the median at 95% confidence, whatever the distribution; they need 6 samples."}};
  for (const auto& block : profile.blocks) table.rows.push_back(row_of(profile, block));
  const TimingSummary sum{.median_ns = profile.blocks_ns(), .n = 0, .mark = profile.complete() ? "sum" : "sum of those timed"};
  const BlockTiming blocks{
      .path = "(blocks)", .kind = "sum", .params = profile.params, .macs_valid = profile.macs_valid, .timing = sum};
  table.rows.push_back(row_of(profile, blocks));
  if (!profile.whole) return table;
  const TimingSummary rest{.median_ns = profile.whole->median_ns - sum.median_ns, .n = 0, .mark = "derived"};
  table.rows.push_back(row_of(profile, {.path = "(residual)", .kind = "residual", .timing = rest}));
  table.rows.push_back(row_of(profile, {.path = "(whole)",
                                        .kind = "end_to_end",
                                        .params = profile.params,
                                        .macs_valid = profile.macs_valid,
                                        .timing = profile.whole}));
  return table;
}

}  // namespace

std::vector<NetworkProfile> profiles_of(const Store& store, const std::string& network) {
  auto profiles = network_profiles(store);
  if (network.empty()) return profiles;
  std::erase_if(profiles,
                [&](const auto& profile) { return profile.name != network && !profile.hash.starts_with(network); });
  if (profiles.empty()) throw StoreError(store.file() + ": holds no latency of a network \"" + network + "\"");
  return profiles;
}

std::vector<Table> table6_report(const Store& store, const ReportOptions& options) {
  std::vector<Table> tables;
  for (const auto& profile : profiles_of(store, options.network))
    if (!profile.blocks.empty()) tables.push_back(table_of(profile));
  return tables;
}

}  // namespace mds
