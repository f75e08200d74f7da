// What every program of ours does around its commands: parses the first word, prints errors in words, checks that the
// results were written.
#pragma once

#include "app/commands.h"

namespace mds {

struct Program {
  std::span<const Command> commands;
  std::string (*version)();
  std::string (*failure)(const std::exception& error, const std::string& place);
};

// Runs the command that argv[1] names and returns the exit code: 0 done, 1 failed, 2 wrong use. It is the only place
// that catches all errors.
int run_program(const Program& program, int argc, char** argv);

}  // namespace mds
