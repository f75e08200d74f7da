// The subcommands. Each owns its options and returns the exit code: 0 done, 1 failed, 2 wrong use.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mds {

struct Command {
  std::string_view job;  // heading under which the list shows it
  std::string_view name;
  std::string_view summary;                       // a sentence
  int (*run)(int argc, char** argv) = nullptr;    // argv[0] is the command's name
  std::span<const Command> (*parts)() = nullptr;  // in place of run: the commands that follow it, as of `db check`
};

std::span<const Command> commands();

// UsageError that offers the nearest name.
const Command& find_command(std::span<const Command> list, std::string_view name);

// The list under the headings of its jobs, as `place --help` prints it.
std::string list_text(const std::string& place, std::span<const Command> list);

// Runs the command that the words behind argv[0] name. `place` grows by each of its words: "mdsearch", "mdsearch db",
// "mdsearch db check".
int run_command(std::string& place, std::span<const Command> list, int argc, char** argv);

}  // namespace mds
