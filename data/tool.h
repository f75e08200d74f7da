// Runs another program without a shell.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace mds {

struct Tool {
  std::vector<std::string> command;  // command[0] is looked up on PATH
  std::string package;               // named in the error when the program is missing
  std::chrono::milliseconds limit{10'000};
};

// Returns what the program writes to its standard output; its standard error is discarded. FileError if the program is
// missing, fails, or is still running at the time limit, when it is killed.
std::string run_tool(const Tool& tool);

}  // namespace mds
