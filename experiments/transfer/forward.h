// One pass of a network over the tensors of a file, to compare weights and networks with others.
#pragma once

#include <optional>

#include "networks/placement.h"
#include "pipeline/lora.h"
#include "pipeline/weight_import.h"
#include "reports/table.h"
#include "search/named_network.h"

namespace mds {

struct ForwardRequest {
  std::string name;                         // of the network
  std::string database = default_database;  // in which stored names are looked up
  std::string weights;                      // safetensors, or the .index.json of their shards
  std::string input, output;                // safetensors; inputs by name, outputs in float32
  std::optional<Layout> layout{};           // which library named the weights; nothing: this program
  std::vector<LoraChoice> loras{};          // of a UNet or a text tower
  Placement placement{};
};

// Writes the output file and returns a row for each output. RequestError where the output is an input, FileError for
// files that do not fit the network, MemoryError before a pass that does not fit into memory.
Table forward(const ForwardRequest& request);

}  // namespace mds
