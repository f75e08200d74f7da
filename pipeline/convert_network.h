// Decides which network a foreign part is: a given or shipped one, or the one that its configuration describes, that
// has weights of the part's names and shapes, and whose other settings do not contradict the part's configuration.
#pragma once

#include "networks/network_spec.h"
#include "pipeline/convert.h"
#include "pipeline/convert_source.h"

namespace mds {

// The first given network of the part's kind is used and removed, else shipped networks are tried, then the one
// that the configuration describes. A text tower gets the file's projection. FileError where none fits (with the reason
// for the nearest) or several do; ConfigError for a field of the configuration that our networks cannot express.
ChosenNetwork choose_network(const FoundPart& part, std::vector<ChosenNetwork>& given);

// What a library's configuration contradicts in a network that weights cannot show (heads, activations, norms); empty:
// nothing.
std::string contradiction(const NetworkSpec& spec, const Json& config);

}  // namespace mds
