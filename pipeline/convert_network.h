// Which network a foreign part is: the one shipped, or given, whose weights have the part's names and shapes and whose
// other settings its configuration does not contradict.
#pragma once

#include "networks/network_spec.h"
#include "pipeline/convert_source.h"

namespace mds {

struct ChosenNetwork {
  std::string name;
  NetworkSpec spec;
};

// `given` are NAMEs; the first of the part's kind is taken and removed, else a shipped one is looked for. A text tower
// gets the projection that the file has. FileError where none or more than one fits, with what keeps the nearest out.
ChosenNetwork choose_network(const FoundPart& part, std::vector<std::string>& given);

// What a library's configuration says against a network that weights cannot show (heads, activations, norms); empty:
// nothing.
std::string contradiction(const NetworkSpec& spec, const Json& config);

}  // namespace mds
