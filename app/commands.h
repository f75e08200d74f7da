// The subcommands. Each owns its options and returns the exit code: 0 done, 1 failed, 2 wrong use.
#pragma once

#include <span>
#include <string_view>

namespace mds {

struct Command {
  std::string_view name, summary;
  int (*run)(int argc, char** argv);  // argv[0] is the command's name
};

std::span<const Command> commands();

}  // namespace mds
