// mdsearch spec: shows a network as numbers, by block or by layer, or as the JSON that it is loaded from, without
// building it.
#include <iostream>

#include "app/options.h"
#include "app/run.h"
#include "app/size_options.h"
#include "app/usage_error.h"
#include "app/view_options.h"
#include "experiments/arch_record.h"
#include "experiments/network_text.h"
#include "experiments/sized_network.h"
#include "networks/network_file.h"

namespace mds {

int run_spec(int argc, char** argv) {
  CommandLine line{
      .usage =
          "mdsearch spec NETWORK [--width PX --height PX] [--layers] [--db FILE] [--record] [--format table|md|csv|json]\n"
          "       mdsearch spec NETWORK --lora FILE\n"
          "       mdsearch spec NETWORK --spec",
      .example = "mdsearch spec winner@quickstart --spec > mine.json",
      .positional = {"name"}};
  std::string name, db, lora;
  Format format = Format::table;
  SizeOptions size;
  line.options.add_options()("name", po::value(&name)->required()->value_name("NETWORK"), network_names)(
      "lora", po::value(&lora)->value_name("FILE"),
      "Prints the layers that low-rank updates in kohya's or PEFT's format change, and what they cost, instead")(
      "layers", "Prints layers instead of blocks; JSON holds both")(
      "spec", "Prints the network itself, as JSON that every command takes as NETWORK")(
      "db", database_flag(&db), "Database that stored names are looked up in, and that --record writes to")(
      "record", "Stores the network and its counts in the database too")("format", choice(&format),
                                                                         "How the result is printed");
  add_size_options(line.options, size);
  ViewOptions view;
  add_view_options(line.options, view);
  po::variables_map values;
  if (!parse(line, argc, argv, values)) return 0;
  const bool itself = values.count("spec") > 0;
  if (!lora.empty() && (itself || values.count("layers")))
    throw UsageError("--lora prints layers and no network; allowed: without --spec and --layers");
  if (itself && (values.count("layers") || !values["format"].defaulted()))
    throw UsageError("--spec prints JSON and no counts; allowed: without --layers and --format");
  const NamedNetwork network = load_named(name, size.picture(), db);
  if (values.count("record")) {
    Database database(db, StoreMode::create_or_open);
    record_arch(database, network, {.generator = "spec"});
  }
  if (!lora.empty()) {
    std::cout << lora_text(network, lora, {format, view_of(view)});
    return 0;
  }
  std::cout << (itself ? spec_text(network.spec)
                       : network_text(network, values.count("layers") > 0, {format, view_of(view)}));
  return 0;
}

}  // namespace mds
