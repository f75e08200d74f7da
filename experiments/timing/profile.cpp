#include "experiments/timing/profile.h"

#include "experiments/output.h"
#include "experiments/sized_network.h"
#include "experiments/timing/profile_text.h"
#include "experiments/timing/trace.h"

namespace mds {
namespace {

NamedNetwork network_of(const ProfileRequest& request) {
  return load_named(request.subject, request.pixels, request.database);
}

}  // namespace

std::vector<RawProfile> measured(const ProfileRequest& request, const MeasureApart& apart,
                                 const std::function<RawProfile()>& here) {
  if (request.processes == 1) return {here()};
  std::vector<RawProfile> processes;
  for (int64_t i = 0; i < request.processes; ++i) processes.push_back(apart(i));
  return processes;
}

RawProfile time_network(const ProfileRequest& request, Listener& listener) {
  return time_network(network_of(request).spec, request.options, listener);
}

std::string profile_network(const ProfileRequest& request, const MeasureApart& apart, Format format,
                            Listener& listener) {
  const NamedNetwork network = network_of(request);
  refuse_input_as_output("--trace", request.trace, {request.subject, request.database});
  // Opened before the measurement, so that a file that cannot be written is reported at once.
  Database database(request.database);
  // Likewise written before it.
  if (!request.trace.empty()) {
    const Plan plan = make_plan(canonical(network.spec));
    save_text(request.trace, chrome_trace(plan, trace_pass(plan, request.options), request.options));
    listener.say("a trace of one pass is in " + request.trace + "; chrome://tracing and ui.perfetto.dev open it");
  }
  const auto processes =
      measured(request, apart, [&] { return time_network(network.spec, request.options, listener); });
  record_profile(database, network, request.options, processes);
  return profile_text({network, request.options, processes}, format);
}

}  // namespace mds
