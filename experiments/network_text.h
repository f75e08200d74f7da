// A network as numbers: its blocks or its layers, with what they cost; and a LoRA of it.
#pragma once

#include <string>

#include "reports/table.h"
#include "search/named_network.h"

namespace mds {

struct TableForm {
  Format format = Format::table;
  View view{};
};

// JSON holds blocks with their layers or without; the other formats have a row for each block or for each layer.
std::string network_text(const NamedNetwork& network, bool with_layers, const TableForm& form);

// The layers of a UNet or a text tower that a LoRA's file updates, with each rank, and what the updates cost beside
// them. Reads the file's header alone. FileError where none of its tensors is of one of the network's layers.
std::string lora_text(const NamedNetwork& network, const std::string& file, const TableForm& form);

}  // namespace mds
