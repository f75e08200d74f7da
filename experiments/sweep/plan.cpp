#include "experiments/sweep/plan.h"

#include <algorithm>

#include "experiments/sweep/candidates.h"
#include "experiments/sweep/disk.h"
#include "experiments/sweep/iteration_time.h"
#include "experiments/training/latent_cache.h"
#include "networks/network_spec.h"
#include "trainer/train_plan.h"

namespace mds {
namespace {

struct Proxy {
  UNetSpec spec;
  Cost cost;
  TrainCost training;         // to the last rung
  double iteration_macs = 0;  // of training
  double iteration_s = 0;     // on one device; 0: unknown
};

// Multiply-accumulates of all runs.
struct SweepWork {
  double training = 0, evaluation = 0;
};

struct SweepPlan {
  std::vector<Candidate> candidates;
  std::vector<Proxy> proxies;
  std::vector<std::string> notes;
  int64_t seeds = 1, devices = 1;
  double evaluation_passes = 0;  // forward passes of the UNet for all pictures of an evaluation

  bool timed() const { return proxies.front().iteration_s > 0; }
  int64_t runs() const { return int64_t(proxies.size()) * seeds; }
  int64_t checkpoint_bytes() const {
    int64_t params = 0;
    for (const auto& proxy : proxies) params += proxy.cost.params;
    return state_bytes(params) * seeds;
  }
  // Of so many iterations of every run, and an evaluation at their end.
  SweepWork work(int64_t iterations) const {
    SweepWork sum;
    for (const auto& proxy : proxies) {
      sum.training += double(seeds) * double(iterations) * proxy.iteration_macs;
      sum.evaluation += double(seeds) * evaluation_passes * double(proxy.cost.macs);
    }
    return sum;
  }
  // A proxy's evaluation takes as long as a training of as many multiply-accumulates.
  double seconds(int64_t iterations) const {
    double sum = 0;
    for (const auto& proxy : proxies)
      sum +=
          proxy.iteration_s * (double(iterations) + evaluation_passes * double(proxy.cost.macs) / proxy.iteration_macs);
    return sum * double(seeds) / double(devices);
  }
};

// Estimates the seconds between the cheapest and the dearest proxy, which are timed, linearly in macs_valid.
void time_all(std::vector<Proxy>& proxies, const SweepConfig& config, const Placement& placement) {
  const auto [cheapest, dearest] =
      std::ranges::minmax_element(proxies, {}, [](const Proxy& proxy) { return proxy.cost.macs_valid; });
  const double low = iteration_seconds(cheapest->spec, config, placement),
               high = cheapest == dearest ? low : iteration_seconds(dearest->spec, config, placement);
  const double from = double(cheapest->cost.macs_valid), span = double(dearest->cost.macs_valid) - from;
  for (auto& proxy : proxies)
    proxy.iteration_s = span > 0 ? low + (high - low) * (double(proxy.cost.macs_valid) - from) / span : low;
}

Proxy proxy_with_cost(const UNetSpec& spec, const SweepConfig& config) {
  const Plan plan = make_plan(spec);
  const TrainCost training = cost(planned_training({{.name = "unet", .plan = plan}}, config.loop(config.seed)));
  return {spec, cost(plan), training, training.macs_an_example * double(config.batch)};
}

// Their sizes are those of cached latents, or of what the encoders' folders will produce.
std::vector<Proxy> proxies_of(const std::vector<Candidate>& candidates, const SweepConfig& config,
                              std::vector<std::string>& notes) {
  const LatentSourcePtr latents = open_if_encoded(config.stage.data.latents);
  std::vector<Proxy> proxies;
  for (const auto& candidate : candidates) {
    notes.clear();
    const UNetSpec spec = latents ? proxy_of(candidate.network, config.stage.width_divisor, *latents)
                                  : planned_proxy(candidate.network, config.stage, notes);
    proxies.push_back(proxy_with_cost(spec, config));
  }
  return proxies;
}

void find_times(SweepPlan& plan, const SweepConfig& config, const SweepPlanRequest& request, Listener& listener) {
  if (request.tflops > 0) {
    for (auto& proxy : plan.proxies) proxy.iteration_s = seconds_of_macs(proxy.iteration_macs, request.tflops);
    plan.notes.push_back("The time follows from `tflops`.");
  } else if (!plan.notes.empty()) {
    plan.notes.push_back("The time is unknown, as nothing can be timed without those folders; give `tflops`.");
  } else {
    listener.say("mdsearch times " + std::to_string(timed_iterations) +
                 " iterations of the cheapest and of the dearest proxy");
    time_all(plan.proxies, config, request.placement);
    plan.notes.push_back("The time stands on " + std::to_string(timed_iterations) +
                         " iterations of the cheapest and of the dearest proxy, timed just now on latents of noise. "
                         "Between them it rises with macs_valid.");
  }
}

SweepPlan planned(const SweepConfig& config, const SweepPlanRequest& request, Listener& listener) {
  SweepPlan plan{.candidates = candidates_of(config, listener),
                 .proxies = {},
                 .notes = {},
                 .seeds = int64_t(config.all_seeds().size()),
                 .devices = request.devices};
  plan.proxies = proxies_of(plan.candidates, config, plan.notes);
  find_times(plan, config, request, listener);
  const EvaluationConfig& evaluation = config.evaluation;
  const int64_t calls = calls_a_step(guided_sides(evaluation.sampler.guidance, evaluation.sampler.rescale));
  plan.evaluation_passes = double(evaluation.pictures * evaluation.sampler.steps * calls);
  return plan;
}

// A time, or null where it is unknown.
Json known(const SweepPlan& plan, double seconds) { return plan.timed() ? Json(seconds) : Json(nullptr); }

Table candidates_table(const SweepPlan& plan, const SweepConfig& config) {
  Table table{.title = "Plan of the sweep " + config.name,
              .columns = {{.name = "name"},
                          {.name = "hash"},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
                          {.name = "macs_valid", .header = "valid GMACs", .scale = 1e-9, .digits = 2},
                          {.name = "proxy_params", .header = "proxy params M", .scale = 1e-6, .digits = 2},
                          {.name = "iteration_s", .header = "iteration ms", .scale = 1e3, .digits = 1}}};
  for (size_t i = 0; i < plan.candidates.size(); ++i) {
    const auto& [network, c, choices, name] = plan.candidates[i];
    const Proxy& proxy = plan.proxies[i];
    table.rows.push_back({name, hash_of(network).substr(0, 12), c.params, c.macs_valid, proxy.cost.params,
                          known(plan, proxy.iteration_s)});
  }
  return table;
}

Table rungs_table(const SweepPlan& plan, const SweepConfig& config) {
  Table table{.columns = {{.name = "rung"},
                          {.name = "end", .header = "to iteration"},
                          {.name = "runs"},
                          {.name = "iterations", .header = "iterations in all"},
                          {.name = "training_macs", .header = "training EMACs", .scale = 1e-18},
                          {.name = "evaluation_macs", .header = "evaluation EMACs", .scale = 1e-18},
                          {.name = "minutes", .digits = 1}}};
  int64_t before = 0;
  for (size_t rung = 0; rung < config.rungs.size(); ++rung) {
    const int64_t added = config.rungs[rung] - before;
    const SweepWork work = plan.work(added);
    table.rows.push_back({rung + 1, config.rungs[rung], plan.runs(), added * plan.runs(), work.training,
                          work.evaluation, known(plan, plan.seconds(added) / 60)});
    before = config.rungs[rung];
  }
  return table;
}

double total(const Table& table, const std::string& name) {
  const auto column = std::ranges::find(table.columns, name, &Column::name) - table.columns.begin();
  double sum = 0;
  for (const auto& row : table.rows)
    if (const Json& cell = row[size_t(column)]; !cell.is_null()) sum += cell.get<double>();
  return sum;
}

int64_t device_bytes(const SweepPlan& plan) {
  int64_t most = 0;
  for (const auto& proxy : plan.proxies) most = std::max(most, proxy.training.memory.total());
  return most;
}

// What people read beside the tables.
std::vector<std::string> sentences(const SweepPlan& plan, const Json& totals) {
  const auto in = [&](const char* name, double scale, int digits) {
    return shown(totals[name], {.name = "", .scale = scale, .digits = digits});
  };
  std::string sum = "In all " + std::to_string(totals["iterations"].get<int64_t>()) + " iterations, ";
  if (plan.timed())
    sum += "about " +
           (totals["seconds"] < seconds_a_day ? in("seconds", 1 / 60.0, 1) + " minutes"
                                              : in("seconds", 1 / seconds_a_day, 1) + " days") +
           ", ";
  sum += in("training_macs", 1e-18, 3) + " EMACs of training, " + in("evaluation_macs", 1e-18, 3) +
         " of evaluations and " + in("disk_bytes", 1e-6, 1) + " MB of checkpoints.";
  return {sum, "A run needs about " + in("device_bytes", 1e-9, 1) +
                   " GB of its device, as an estimate from its layers; memory of kernels and copies comes on top."};
}

std::vector<std::string> notes_of(const SweepPlan& plan) {
  std::vector<std::string> notes{"These are the numbers if no candidate stops before the last rung, with " +
                                 (plan.devices == 1
                                      ? "one device that trains run after run."
                                      : std::to_string(plan.devices) + " devices that share the work evenly.")};
  notes.insert(notes.end(), plan.notes.begin(), plan.notes.end());
  notes.push_back(
      "An iteration counts as 3 forward passes of its batch, or 4 with checkpointed activations, and an "
      "evaluation as the forward passes of its sampler alone; decoding, scoring and the timing of blocks "
      "come on top.");
  notes.push_back("The disk holds the last checkpoint of each run; best/ comes on top.");
  return notes;
}

}  // namespace

std::string plan_text(const SweepConfig& config, const SweepPlanRequest& request, Format format, Listener& listener) {
  const SweepPlan plan = planned(config, request, listener);
  const Table candidates = candidates_table(plan, config);
  if (format == Format::csv) return to_text(candidates, format);
  Table rungs = rungs_table(plan, config);
  const std::vector<std::string> notes = notes_of(plan);
  const Json totals{{"iterations", config.rungs.back() * plan.runs()},
                    {"devices", plan.devices},
                    {"training_macs", total(rungs, "training_macs")},
                    {"evaluation_macs", total(rungs, "evaluation_macs")},
                    {"seconds", known(plan, 60 * total(rungs, "minutes"))},
                    {"device_bytes", device_bytes(plan)},
                    {"disk_bytes", plan.checkpoint_bytes()}};
  if (format == Format::json) {
    Json json{{"sweep", config.name},
              {"candidates", rows_json(candidates)},
              {"seeds", config.all_seeds()},
              {"rungs", rows_json(rungs)},
              {"notes", notes}};
    json.update(totals);
    return json.dump(2) + "\n";
  }
  rungs.footnotes = sentences(plan, totals);
  rungs.footnotes.insert(rungs.footnotes.end(), notes.begin(), notes.end());
  return to_text(std::vector<Table>{candidates, rungs}, format);
}

}  // namespace mds
