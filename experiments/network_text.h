// A network as numbers: its blocks or its layers, with what they cost.
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

}  // namespace mds
