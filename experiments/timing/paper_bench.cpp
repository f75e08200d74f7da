#include "experiments/timing/paper_bench.h"

#include <algorithm>
#include <set>

#include "experiments/sized_network.h"
#include "experiments/timing/rig.h"
#include "reports/paper_networks.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr const char* with_blocks = "mobilediffusion";  // whose blocks Table 6 shows

std::vector<std::string> subjects_of(const PaperBenchRequest& request) {
  const auto all = paper_parts();
  for (const auto& name : request.networks)
    if (std::ranges::count(all, name) == 0)
      throw RequestError("the bench has no network \"" + name + "\"; allowed: " + listed(all));
  return request.networks.empty() ? all : request.networks;
}

// Why a pass of the network cannot be timed here; empty where it can.
std::string memory_lack(const NamedNetwork& network, const ProfileOptions& options) {
  try {
    require_pass(make_plan(network.spec), options);
    return "";
  } catch (const MemoryError& error) {
    return error.what();
  }
}

}  // namespace

PaperBenchResult bench_paper(const PaperBenchRequest& request, const MeasureNetwork& measure, Listener& listener) {
  Database database(request.database);
  const auto subjects = subjects_of(request);
  PaperBenchResult result;
  std::set<std::string> lacking;
  const auto leave_out = [&](const std::string& name, const std::string& why) {
    if (!lacking.insert(name).second) return;
    result.left_out.push_back(name + ": " + why);
    listener.say(name + " is left out: " + why);
  };
  const Stoppable stoppable(listener);
  Random random(request.options.seed);
  for (int64_t round = 0; round < request.rounds; ++round) {
    auto order = subjects;
    random.shuffle(order);
    for (const auto& name : order) {
      listener.throw_if_stopped();
      const NamedNetwork network = load_named(name, {}, request.database);
      if (measured_processes(database, network, request.options) > round) {
        ++result.stored_before;
        continue;
      }
      if (lacking.contains(name)) continue;
      if (const auto lack = memory_lack(network, request.options); !lack.empty()) {
        leave_out(name, lack);
        continue;
      }
      ProfileOptions options = request.options;
      options.blocks = name == with_blocks;
      listener.say("round " + std::to_string(round + 1) + " of " + std::to_string(request.rounds) + ": " + name);
      try {
        record_profile(database, network, options, {measure({name, options.blocks, round})});
        ++result.measured;
      } catch (const std::runtime_error& error) {
        listener.throw_if_stopped();
        leave_out(name, error.what());
      }
    }
  }
  return result;
}

}  // namespace mds
