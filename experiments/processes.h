// Starts the processes of one training on this host.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mds {

// Runs `mdsearch COMMAND ARGUMENTS...` in `count` processes that find each other through torchrun's environment
// variables, and waits for all. SIGINT and SIGTERM are passed on to them. Returns 0 where all ended with 0, else 1;
// stderr says which process a signal killed.
int run_together(const std::string& command, const std::vector<std::string>& arguments, int64_t count);

}  // namespace mds
