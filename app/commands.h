// The subcommands. Each declares its options and returns the exit code: 0 done, 1 failed, 2 wrong use.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mds {

// The headings under which --help lists commands.
namespace job {
inline constexpr std::string_view search = "Search for networks", measure = "Measure and move networks",
                                  train = "Train, draw and score", data = "Data and results", help = "Help";
}  // namespace job

struct Command {
  std::string_view job;
  std::string_view name;
  std::string_view summary;                       // a sentence
  int (*run)(int argc, char** argv) = nullptr;    // argv[0] is the command's name
  std::span<const Command> (*parts)() = nullptr;  // instead of run: subcommands, as of `db check`
};

std::span<const Command> commands();        // all, in mdsearch-torch alone
std::span<const Command> light_commands();  // those that run without LibTorch

// UsageError that suggests the nearest name.
const Command& find_command(std::span<const Command> list, std::string_view name);

// The commands grouped by the headings of their jobs, as `place --help` prints them.
std::string list_text(const std::string& place, std::span<const Command> list);

// Runs the command that the words after argv[0] name. `place` gets each of its words appended: "mdsearch", "mdsearch
// db", "mdsearch db check".
int run_command(std::string& place, std::span<const Command> list, int argc, char** argv);

}  // namespace mds
