// Runs this program again, in a process of its own.
#pragma once

#include <string>
#include <vector>

namespace mds {

// Runs `mdsearch ARGUMENTS...` and returns its stdout; its stderr is this process's. Throws unless it exits with 0. If
// this process dies, the other one gets SIGTERM.
std::string run_self(const std::vector<std::string>& arguments);

}  // namespace mds
