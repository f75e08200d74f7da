#include "experiments/timing/compare.h"

#include <algorithm>
#include <numeric>

#include "experiments/sized_network.h"
#include "profiler/compare.h"
#include "reports/rows.h"

namespace mds {
namespace {

Table medians_table(const std::vector<NamedSamples>& timings, const CompareRequest& request) {
  Table table{.title = "Medians of one pass, " + std::to_string(request.rounds) + " processes each",
              .columns = {{.name = "network", .weight = Weight::identity},
                          {.name = "median_ms", .header = "median ms", .digits = 3},
                          {.name = "low_ms", .header = "low", .digits = 3},
                          {.name = "high_ms", .header = "high", .digits = 3},
                          {.name = "n"},
                          {.name = "mark"}}};
  for (const auto& timing : timings) {
    const Summary summary = summarise_processes(timing.processes);
    table.rows.push_back({timing.name, summary.median_ns * 1e-6, to_json(milliseconds(summary.low_ns)),
                          to_json(milliseconds(summary.high_ns)), summary.n,
                          to_string(Evidence{request.options.mode, timing.mark})});
  }
  return table;
}

Table ratios_table(const std::vector<NamedSamples>& timings) {
  Table table{.title = "Each against those before it",
              .columns = {{.name = "network", .weight = Weight::identity},
                          {.name = "against", .weight = Weight::identity},
                          {.name = "ratio", .digits = 3, .weight = Weight::major},
                          {.name = "low", .digits = 3},
                          {.name = "high", .digits = 3},
                          {.name = "verdict", .weight = Weight::major}},
              .footnotes = {"ratio: of medians. low and high bound it by Holm's procedure over all pairs: all verdicts "
                            "together are right in 95 of 100 such comparisons. Less than 1% is no difference, and a "
                            "timing marked rejected shows none."}};
  const auto bound = [](const MedianRatio& ratio, double Interval::* end) {
    return ratio.interval ? Json((*ratio.interval).*end) : Json();
  };
  for (const auto& ratio : compared(timings))
    table.rows.push_back({ratio.name, ratio.against, ratio.ratio, bound(ratio, &Interval::low),
                          bound(ratio, &Interval::high), std::string(name_of(ratio.verdict))});
  return table;
}

}  // namespace

std::string compare_networks(const CompareRequest& request, const MeasureNetwork& measure, Format format,
                             Listener& listener) {
  if (request.networks.size() < 2) throw ConfigError("a comparison of 1 network; allowed: at least 2");
  Database database(request.database);
  std::vector<NamedNetwork> networks;
  for (const auto& name : request.networks) {
    if (std::ranges::count(request.networks, name) > 1)
      throw ConfigError("network \"" + name + "\" is named twice; name each once");
    networks.push_back(load_named(name, request.pixels, request.database));
  }
  std::vector<std::vector<RawProfile>> profiles(networks.size());
  std::vector<size_t> order(networks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Random random(request.options.seed);
  for (int64_t round = 0; round < request.rounds; ++round) {
    random.shuffle(order);
    for (const size_t i : order) {
      listener.throw_if_stopped();
      listener.say("round " + std::to_string(round + 1) + " of " + std::to_string(request.rounds) + ": " +
                   networks[i].name);
      profiles[i].push_back(measure({request.networks[i], request.options.blocks, round}));
      record_profile(database, networks[i], request.options, {profiles[i].back()});
    }
  }
  std::vector<NamedSamples> timings;
  for (size_t i = 0; i < networks.size(); ++i)
    timings.push_back({request.networks[i], samples_of(profiles[i], whole_path),
                       evidence_of(profiles[i], whole_path, request.options.mode).mark});
  return to_text({medians_table(timings, request), ratios_table(timings)}, format);
}

}  // namespace mds
