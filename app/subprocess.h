// This program once more, in a process of its own.
#pragma once

#include <string>
#include <vector>

namespace mds {

// Runs `mdsearch ARGUMENTS...` and returns what it writes to stdout; its stderr is ours. Throws unless it exits 0.
std::string run_self(const std::vector<std::string>& arguments);

}  // namespace mds
