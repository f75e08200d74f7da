// Makes a data set from installed packages: a folder of captioned pictures.
#pragma once

#include <string>

#include "experiments/listener.h"
#include "spec/describe.h"

namespace mds {

struct BuildRequest {
  std::string name;     // of a source, or "debian", which joins several
  std::string out{};    // folder to write; empty: out/data/NAME
  std::string sources;  // what "debian" joins, with commas between the names
};

// Returns folder, counts, licence and hash by name. RequestError for an unknown name, MissingPackages where a package
// that the pictures come from is not installed.
Json build_data(const BuildRequest& request, Listener& listener);

std::string default_sources();  // of "debian"
std::string data_sets_text();   // a list of all data sets, for help

}  // namespace mds
