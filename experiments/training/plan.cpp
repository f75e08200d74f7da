#include "experiments/training/plan.h"

#include <filesystem>

#include "reports/table.h"
#include "search/named_network.h"

namespace mds {
namespace {

std::optional<ModelCard> card_if_there(const std::string& folder) {
  std::string file;
  try {
    file = shipped_file(folder + "/model.json");
  } catch (const FileError&) {
    return {};
  }
  return load_card(std::filesystem::path(file).parent_path().string());
}

// Changes the UNet to the sizes that these encoders produce, as training would.
void fit_to(UNetSpec& unet, const EncoderFolders& encoders, std::vector<std::string>& notes) {
  const auto autoencoder = card_if_there(encoders.autoencoder), text = card_if_there(encoders.text);
  if (autoencoder && autoencoder->vae_encoder) {
    const Shape moments = make_plan(*autoencoder->vae_encoder).steps.back().out;
    unet.latent_channels = moments.channels / 2;
    unet.size = moments.height;
  } else {
    notes.push_back("The shape of latents is stage.unet's, as " + encoders.autoencoder + " has no encoder.");
  }
  if (text && text->text_encoder) {
    unet.text_tokens = text->text_encoder->tokens;
    unet.text_width = text->text_encoder->width;
  } else {
    notes.push_back("The shape of texts is stage.unet's, as " + encoders.text + " has no text encoder.");
  }
}

UNetSpec unet_of(const std::string& folder) {
  try {
    return *load_card(folder, {"unet"}).unet;
  } catch (const FileError& error) {
    throw FileError(std::string(error.what()) + "; to plan this stage, train the one before, whose network it takes");
  }
}

struct NetworksOf {
  std::vector<std::string>& notes;
  const std::string& database;
  using Networks = std::vector<PlannedNetwork>;

  Networks operator()(const BaseConfig& config) const {
    UNetSpec unet = scaled(find_unet(config.unet, database), config.width_divisor);
    fit_to(unet, config.data.encoders, notes);
    const auto start = config.start.empty() ? std::nullopt : card_if_there(config.start);
    if (start && start->unet) {
      const int64_t size = unet.size;
      unet = *start->unet;
      unet.size = size;
    } else if (!config.start.empty()) {
      notes.push_back(config.start + " is not there yet: planned by unet and width_divisor.");
    }
    if (config.size % pixels_a_latent != 0)
      throw ConfigError("stage.size is " + std::to_string(config.size) + "; allowed: multiples of " +
                        std::to_string(pixels_a_latent));
    if (config.size > 0) unet.size = config.size / pixels_a_latent;
    return {{.name = "unet", .plan = make_plan(unet)}};
  }

  Networks operator()(const ReluConfig& config) const {
    return {{.name = "unet", .plan = make_plan(with_relu(unet_of(config.start), config.start))}};
  }

  // Both steps of the teacher use the student's guidance; a guided pass counts twice the examples.
  Networks operator()(const DistilConfig& config) const {
    const double guided = config.guidance.probability, own = config.original > 0 ? 1 : 0;
    const bool student_too = !config.guidance.absorbed && guided > 0;
    const std::string start = config.start.empty() ? config.teacher : config.start;
    return {{.name = "student",
             .plan = make_plan(unet_of(start)),
             .passes = {.trained = student_too ? 1 + guided * (1 + own) : 1},
             .held_at_once = student_too ? 2 + own : 1},
            {.name = "teacher",
             .plan = make_plan(unet_of(config.teacher)),
             .trained = false,
             .passes = {.plain = 2 * (1 + guided)}}};
  }

  // The generator's loss passes through the discriminator; the discriminator's own loss has a drawn and a real example.
  Networks operator()(const UfogenConfig& config) const {
    const Plan plan = make_plan(unet_of(config.start));
    const double share = 1.0 / double(config.adversary.every);
    const bool whole = config.adversary.discriminator == DiscriminatorKind::unet;
    return {{.name = "generator", .plan = plan, .passes = {.trained = 1, .plain = share}},
            {.name = "discriminator",
             .plan = plan,
             .trained = whole,
             .passes = {.trained = whole ? 2 * share : 0, .through = 1, .plain = whole ? 0 : 2 * share}}};
  }

  template <class Config>
  Networks operator()(const Config&) const {
    throw ConfigError("`plan`: stage " + std::string(Config::kind) +
                      " is not planned; allowed: base, relu, distil, ufogen");
  }
};

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

// Adds to `notes` where the sizes come from.
PlannedTraining planned(const TrainConfig& config, const PlanRequest& request, std::vector<std::string>& notes) {
  check_micro_batch(config.loop);
  return {.networks = std::visit(NetworksOf{notes, request.database}, config.stage),
          .iterations = config.loop.iterations,
          .batch = config.loop.batch,
          .examples_a_pass = config.loop.examples_a_pass(),
          .activation_bytes = int64_t(c10::elementSize(scalar_type(config.loop.dtype))),
          .checkpoint_activations = config.loop.checkpoint_activations,
          .devices = request.devices};
}

}  // namespace

std::string plan_text(const TrainConfig& config, const PlanRequest& request, Format format) {
  std::vector<std::string> notes;
  const PlannedTraining training = planned(config, request, notes);
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
