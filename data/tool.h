// Runs another program without a shell.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace mds {

struct Tool {
  std::vector<std::string> command;  // command[0] is looked up on PATH
  std::string package;               // named when the program is not there
  std::chrono::milliseconds limit{10'000};
};

// What the program writes to its standard output; its standard error is dropped. FileError if the program is missing,
// fails, or is still running at the limit (it is killed then).
std::string run_tool(const Tool& tool);

}  // namespace mds
