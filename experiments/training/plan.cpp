#include "experiments/training/plan.h"

namespace mds {
namespace {

Table networks_table(const PlannedTraining& training) {
  Table table{.columns = {{.name = "network"},
                          {.name = "input"},
                          {.name = "params"},
                          {.name = "trained"},
                          {.name = "macs", .header = "GMACs forward", .scale = 1e-9, .digits = 3},
                          {.name = "trained_passes", .header = "passes an image: trained", .digits = 2},
                          {.name = "through_passes", .header = "through", .digits = 2},
                          {.name = "plain_passes", .header = "plain", .digits = 2}}};
  for (const auto& [name, plan, trained, passes, held] : training.networks) {
    const Cost forward = cost(plan);
    table.rows.push_back({name, to_string(plan.input), forward.params, trained ? "yes" : "no", forward.macs,
                          passes.trained, passes.through, passes.plain});
  }
  return table;
}

// A quantity of the plan: its key in JSON, value and unit.
struct Quantity {
  std::string name;
  Json value;
  std::string unit{};
  double scale = 1;
};

std::vector<Quantity> quantities(const PlannedTraining& training, const PlanRequest& request) {
  const TrainCost c = cost(training);
  const std::optional<IterationTime> time = iteration_time(training, request.speed, request.interconnect);
  const bool sends = training.devices > 1, connected = request.interconnect.gb_s > 0;
  const std::string wanted = "give `rate` or `tflops`";
  const auto seconds = [&](const char* name, double IterationTime::* part, bool known) {
    return time && known ? Quantity{name, *time.*part, "s an iteration"}
                         : Quantity{name, nullptr, time ? "give `bandwidth`" : wanted};
  };
  const auto bytes = [](const char* name, int64_t value) { return Quantity{name, value, "GB", 1e-9}; };
  std::vector<Quantity> found{{"params", c.trained_params + c.frozen_params},
                              {"iterations", training.iterations},
                              {"batch", training.batch},
                              {"devices", training.devices},
                              {"examples_a_pass", c.examples_a_pass},
                              {"images", c.examples, "million", 1e-6},
                              {"macs_an_image", c.macs_an_example, "GMACs", 1e-9},
                              {"macs", c.macs, "EMACs", 1e-18},
                              bytes("weights_bytes", c.memory.weights),
                              bytes("gradients_bytes", c.memory.gradients),
                              bytes("average_bytes", c.memory.average),
                              bytes("moments_bytes", c.memory.moments),
                              bytes("activations_bytes", c.memory.activations),
                              bytes("memory_bytes", c.memory.total())};
  if (sends) {
    found.push_back({"sent_bytes", sent_bytes(training), "GB an iteration", 1e-9});
    found.push_back(seconds("compute_s", &IterationTime::compute_s, true));
    found.push_back(seconds("communication_s", &IterationTime::communication_s, connected));
    found.push_back(seconds("exposed_s", &IterationTime::exposed_s, connected));
  }
  found.push_back(time ? Quantity{"days", time->total_s() * double(training.iterations) / seconds_a_day, "days"}
                       : Quantity{"days", nullptr, wanted});
  return found;
}

// The quantities as in JSON (`raw`), or for people, with prefixes to their units.
Table totals_table(const std::vector<Quantity>& quantities, bool raw) {
  Table table{.columns = {{.name = "quantity"}, {.name = "value", .right = true}, {.name = "unit"}}};
  if (raw) table.columns.pop_back();
  for (const auto& [name, value, unit, scale] : quantities) {
    const std::string shorter = name.substr(0, name.find("_bytes"));
    if (raw)
      table.rows.push_back({name, value});
    else
      table.rows.push_back({shorter, shown(value, {.name = "", .scale = scale}), unit});
  }
  return table;
}

std::vector<std::string> footnotes(const PlannedTraining& training, const PlanRequest& request,
                                   std::vector<std::string> notes) {
  notes.push_back(
      "macs_an_image: a trained pass counts as 3 forward passes, one with gradients of its input alone as 2" +
      std::string(training.checkpoint_activations ? ", each with one more for checkpointed activations." : "."));
  notes.push_back("Memory is per device; weights, gradients, average and two moments in float32. Activations are an " +
                  std::string("estimate from the ") +
                  (training.checkpoint_activations ? "steps' outputs and the layers of the largest step"
                                                   : "outputs of all layers") +
                  ", in " + std::to_string(training.activation_bytes) +
                  " bytes a number; memory of kernels, casts and copies comes on top.");
  if (training.devices == 1) return notes;
  if (request.interconnect.gb_s > 0)
    notes.push_back(
        "sent: what each device sends, and receives, to sum gradients" +
        std::string(training.shard_optimizer ? " and to share the weights that each has changed" : "") +
        "; exposed: what of that time the backward pass, 2/3 of compute, does not hide at an `overlap` of " +
        shown(request.interconnect.overlap) + ".");
  else
    notes.push_back("Days assume that sums over devices cost no time; `bandwidth` counts them.");
  return notes;
}

}  // namespace

std::string plan_text(const TrainConfig& config, const PlanRequest& request, Format format) {
  std::vector<std::string> notes;
  const PlannedTraining training = planned_training(planned_networks(config.stage, PlanInputs{request.database, notes}),
                                                    config.loop, request.devices);
  const std::vector<Quantity> found = quantities(training, request);
  if (format == Format::csv) return to_text(totals_table(found, /*raw=*/true), format);
  const std::vector<std::string> said = footnotes(training, request, notes);
  Table networks = networks_table(training);
  if (format == Format::json) {
    Json json{{"name", config.name}, {"networks", rows_json(networks)}, {"notes", said}};
    for (const auto& quantity : found) json[quantity.name] = quantity.value;
    return json.dump(2) + "\n";
  }
  networks.title = "Plan of " + config.name;
  Table totals = totals_table(found, /*raw=*/false);
  totals.footnotes = said;
  return to_text(std::vector<Table>{networks, totals}, format);
}

}  // namespace mds
