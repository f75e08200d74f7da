// Our networks compared with the same networks of other libraries: the last comparison of each.
#include <set>

#include "reports/report.h"

namespace mds {

namespace {

std::vector<Table> parity_tables(const Database& database, const ReportOptions& options) {
  Table table{.title = "Outputs of equal weights and inputs, float32 on the CPU",
              .columns = {{.name = "network", .weight = Weight::identity},
                          {.name = "hash", .audience = Audience::programs},
                          {.name = "peer"},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
                          {.name = "difference", .header = "difference x 1e6", .scale = 1e6, .digits = 2},
                          {.name = "limit", .header = "limit x 1e6", .scale = 1e6, .digits = 0},
                          {.name = "ok"},
                          {.name = "build", .audience = Audience::programs},
                          {.name = "measured_unix_s", .audience = Audience::programs}}};
  std::set<std::string> builds;
  for (const auto& row : latest_parity(database)) {
    if (!is_asked(options, row.network, row.hash)) continue;
    builds.insert(row.build);
    table.rows.push_back({row.network, row.hash, row.peer_version, row.params, row.difference, row.limit,
                          row.difference <= row.limit ? "yes" : "no", row.build, row.measured_unix_s});
  }
  table.footnotes = {
      "difference: the largest absolute one over the largest absolute value, of the worst output; random weights. "
      "\"twin\" is tests/parity/twin.py."};
  for (const auto& build : builds) table.footnotes.push_back("Measured with: " + build + ".");
  return {table};
}

}  // namespace

constinit const Report parity_report{
    .name = "parity",
    .summary = "our networks against those of other libraries",
    .tables = parity_tables,
    .lacking =
        "holds no comparison with another library; `python tests/parity/run.py` makes a file of them and `mdsearch db "
        "record-parity FILE` takes it in",
    .reads = "network"};

}  // namespace mds
