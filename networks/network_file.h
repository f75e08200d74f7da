// Where networks stand on the disk: what ships, files of users, model folders.
#pragma once

#include <string>
#include <vector>

#include "networks/network_spec.h"

namespace mds {

std::vector<std::string> shipped_networks();  // names, sorted

// The file of the network that NAME means, which load_network() reads: a shipped one's, a .json file as it is given, or
// what a folder holds, spec.json before model.json. FOLDER/PART means a part of a model folder, FOLDER its UNet or else
// the first part there is. Empty for a name that is none of these.
std::string network_file(const std::string& name);

// The canonical network as a file's text, which load_network() reads.
std::string spec_text(const NetworkSpec& spec);

}  // namespace mds
