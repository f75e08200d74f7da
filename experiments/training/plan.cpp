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

std::vector<Quantity> quantities(const PlannedTraining& training, const DeviceSpeed& speed) {
  const TrainCost c = cost(training);
  const std::optional<double> time = days(c, training.devices, speed);
  const auto bytes = [](const char* name, int64_t value) { return Quantity{name, value, "GB", 1e-9}; };
  return {{"params", c.trained_params + c.frozen_params},
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
          bytes("memory_bytes", c.memory.total()),
          {"days", time ? Json(*time) : Json(nullptr), time ? "days" : "give `rate` or `tflops`"}};
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

std::vector<std::string> footnotes(const PlannedTraining& training, std::vector<std::string> notes) {
  notes.push_back(
      "macs_an_image: a trained pass counts as 3 forward passes, one with gradients of its input alone as 2" +
      std::string(training.checkpoint_activations ? ", each with one more for checkpointed activations." : "."));
  notes.push_back("Memory is per device; weights, gradients, average and two moments in float32. Activations are an " +
                  std::string("estimate from the ") +
                  (training.checkpoint_activations ? "steps' outputs and the layers of the largest step"
                                                   : "outputs of all layers") +
                  ", in " + std::to_string(training.activation_bytes) +
                  " bytes a number; memory of kernels, casts and copies comes on top.");
  if (training.devices > 1)
    notes.push_back("Days assume that the devices share each batch at no cost; this program trains on one.");
  return notes;
}

}  // namespace

std::string plan_text(const TrainConfig& config, const PlanRequest& request, Format format) {
  std::vector<std::string> notes;
  const PlannedTraining training = planned_training(
      planned_networks(config.stage, PlanInputs{request.database, notes}), config.loop, request.devices);
  const std::vector<Quantity> found = quantities(training, request.speed);
  if (format == Format::csv) return to_text(totals_table(found, /*raw=*/true), format);
  const std::vector<std::string> said = footnotes(training, notes);
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
