// Finds networks on the disk: shipped ones, users' files, and model folders.
#pragma once

#include <string>
#include <vector>

#include "networks/network_spec.h"

namespace mds {

std::vector<std::string> shipped_networks();  // names, sorted

// The file that load_network() reads for NAME: a shipped network's, a .json file as given, or of a folder spec.json,
// else model.json. FOLDER/PART means one part of a model folder; FOLDER alone means its UNet, or else the first part
// that exists. Empty where NAME is none of these.
std::string network_file(const std::string& name);

// The canonical network as the text of a file that load_network() reads.
std::string spec_text(const NetworkSpec& spec);

}  // namespace mds
