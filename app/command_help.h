// The command line as text: what --help prints, and the flags that completion offers.
#pragma once

#include <string>
#include <vector>

#include "app/options.h"

namespace mds {

struct Flag {
  std::string name{};                // "max-params"; for an argument without a dash the name of its place
  std::string value{};               // placeholder of its value, "N"; empty: it takes none
  std::string fallback{};            // the default; empty: nothing, or a meaning of its own
  std::string range{};               // for a number
  std::vector<std::string> names{};  // the allowed values, where it is one of several names
  std::string meaning{};
  bool positional = false;
};

std::vector<Flag> flags_of(const CommandLine& line);

std::string help_text(const CommandLine& line);

// The flags that a command declares; the command itself does not run.
std::vector<Flag> flags_of(int (*run)(int argc, char** argv));

size_t help_width();  // COLUMNS, between 40 and 120; else 100

}  // namespace mds
