// mdsearch spec: shows a network as numbers, by block or by layer, or as the JSON that it is loaded from, without
// building it.
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/usage_error.h"
#include "app/view_options.h"
#include "experiments/recording.h"
#include "networks/network_file.h"
#include "reports/table.h"

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

std::string giga(int64_t count) { return shown(count, {.name = "", .scale = 1e-9, .digits = 2}) + " G"; }

struct Printing {
  bool with_layers = false;
  Format format = Format::table;
  View view{};
};

std::string text_of(const NamedNetwork& network, const Printing& printing) {
  const auto& [with_layers, format, view] = printing;
  const Plan plan = make_plan(network.spec);
  const Cost total = cost(plan);
  const std::string hash = hash_of(network.spec);
  if (format == Format::json) {
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
  return to_text(table, format, view);
}

}  // namespace

int run_spec(int argc, char** argv) {
  CommandLine line{
      .usage =
          "mdsearch spec NAME [--width PX --height PX] [--layers] [--db FILE] [--record] [--format table|md|csv|json]\n"
          "       mdsearch spec NAME --spec",
      .example = "mdsearch spec winner@quickstart --spec > mine.json",
      .positional = {"name"}};
  std::string name, db;
  Format format = Format::table;
  SizeOptions size;
  line.options.add_options()("name", po::value(&name)->required()->value_name("NETWORK"), network_names)(
      "layers", "Prints layers instead of blocks; JSON holds both")(
      "spec", "Prints the network itself, as JSON that every command takes as NAME")(
      "db", po::value(&db)->default_value(default_database)->value_name("FILE"),
      "Database that stored names are looked up in, and that --record writes to")(
      "record", "Stores the network and its counts in the database too")("format", choice(&format),
                                                                         "How the result is printed");
  add_size_options(line.options, size);
  ViewOptions view;
  add_view_options(line.options, view);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  const bool itself = values.count("spec") > 0;
  if (itself && (values.count("layers") || !values["format"].defaulted()))
    throw UsageError("--spec prints JSON and no counts; allowed: without --layers and --format");
  const NamedNetwork network = load_named(name, size.picture(), db);
  if (values.count("record")) {
    Database database(db, StoreMode::create_or_open);
    record_arch(database, network, {.generator = "spec"});
  }
  std::cout << (itself ? spec_text(network.spec)
                       : text_of(network, {values.count("layers") > 0, format, view_of(view)}));
  return 0;
}

}  // namespace mds
