#include "experiments/network_text.h"

#include "pipeline/lora_names.h"
#include "pipeline/mapped_file.h"
#include "pipeline/safetensors.h"
#include "pipeline/weight_names.h"

namespace mds {
namespace {

const std::vector<Column> cost_columns = {{.name = "params"},
                                          {.name = "macs", .audience = Audience::programs},
                                          {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 3}};

std::vector<Column> with_costs(std::vector<Column> columns) {
  columns.insert(columns.end(), cost_columns.begin(), cost_columns.end());
  return columns;
}

Table block_table(const Plan& plan) {
  Table table{.columns = with_costs(
                  {{.name = "path", .weight = Weight::identity}, {.name = "kind"}, {.name = "in"}, {.name = "out"}})};
  for (const auto& step : plan.steps) {
    const Cost c = cost(step);
    table.rows.push_back({step.path, std::string(kind_of(step.block)), to_string(step.site.in), to_string(step.out),
                          c.params, c.macs, c.macs_valid});
  }
  return table;
}

// The JSON of --layers calls the first two columns differently than the tables do.
Table layer_table(const std::vector<PlanStep>& steps, const char* name, const char* op) {
  Table table{.columns = with_costs({{.name = name, .weight = Weight::identity},
                                     {.name = op},
                                     {.name = "in"},
                                     {.name = "out"},
                                     {.name = "weight"}})};
  for (const auto& step : steps)
    for (const auto& layer : layers(step.block, step.site)) {
      const Cost c = cost(layer.op, layer.in, layer.out);
      table.rows.push_back({layer_path(step.path, layer.name), op_name(layer.op, layer.in), input_name(layer),
                            to_string(layer.out), weight_name(layer.op), c.params, c.macs, c.macs_valid});
    }
  return table;
}

// The rank of each layer's update in the file, by the layer's path.
std::map<std::string, int64_t> ranks_in(const std::string& file, const Plan& plan) {
  const LoraNames names({{std::string(name_of(kind_of(plan))), plan}});
  const MappedFile mapped(file);
  const SafetensorsHeader header = parse_safetensors(mapped.bytes(), file);
  std::map<std::string, int64_t> ranks;
  for (const auto& tensor : header.tensors)
    if (const auto key = names.key_of(tensor.name); key && key->role == LoraRole::down && !tensor.shape.empty())
      ranks[key->target->path] = tensor.shape[0];
  if (ranks.empty())
    throw FileError(file + ": is no LoRA of this network, as none of its " + std::to_string(header.tensors.size()) +
                    " tensors is of one of its layers" +
                    (header.tensors.empty() ? "" : "; the first is " + shown(header.tensors.front().name)));
  return ranks;
}

std::string giga(int64_t count) { return shown(count, {.name = "", .scale = 1e-9, .digits = 2}) + " G"; }

}  // namespace

std::string network_text(const NamedNetwork& network, bool with_layers, const TableForm& form) {
  const Plan plan = make_plan(network.spec);
  const Cost total = cost(plan);
  const std::string hash = hash_of(network.spec);
  if (form.format == Format::json) {
    Json blocks = rows_json(block_table(plan));
    for (size_t i = 0; with_layers && i < plan.steps.size(); ++i)
      blocks[i]["layers"] = rows_json(layer_table({plan.steps[i]}, "name", "op"));
    const Json json = {{"name", network.name},           {"hash", hash},
                       {"params", total.params},         {"macs", total.macs},
                       {"macs_valid", total.macs_valid}, {"blocks", std::move(blocks)}};
    return json.dump(2) + "\n";
  }
  Table table = with_layers ? layer_table(plan.steps, "layer", "kind") : block_table(plan);
  table.title = network.name + ", hash " + hash.substr(0, 8);
  table.footnotes = {"Total of one sample " + to_string(plan.input) + ": " + std::to_string(total.params) +
                     " parameters, " + giga(total.macs_valid) + " MACs where a kernel meets data (" + giga(total.macs) +
                     " with the padding)."};
  return to_text(table, form.format, form.view);
}

std::string lora_text(const NamedNetwork& network, const std::string& path, const TableForm& form) {
  const std::string file = found_lora(path);
  const Plan plan = make_plan(network.spec);
  const auto ranks = ranks_in(file, plan);
  Table table{
      .title = file + " on " + network.name,
      .columns = with_costs({{.name = "layer", .weight = Weight::identity}, {.name = "kind"}, {.name = "rank"}})};
  Cost total;
  for (const auto& step : plan.steps)
    for (const auto& layer : layers(step.block, step.site))
      if (const auto found = ranks.find(layer_path(step.path, layer.name)); found != ranks.end()) {
        const Cost c = cost_beside(layer, found->second);
        total += c;
        table.rows.push_back(
            {found->first, op_name(layer.op, layer.in), found->second, c.params, c.macs, c.macs_valid});
      }
  if (form.format == Format::json)
    return Json{{"name", network.name},           {"lora", file},
                {"params", total.params},         {"macs", total.macs},
                {"macs_valid", total.macs_valid}, {"layers", rows_json(table)}}
               .dump(2) +
           "\n";
  table.footnotes = {"Total: " + std::to_string(total.params) + " parameters of " + std::to_string(ranks.size()) +
                     " layers, and " + giga(total.macs_valid) +
                     " MACs where they are computed beside the layers, as in training; merged into the weights, as in "
                     "drawing, they take no time."};
  return to_text(table, form.format, form.view);
}

}  // namespace mds
