// A command line as text: the help that --help prints, and the flags that completion offers.
#pragma once

#include <string>
#include <vector>

#include "app/options.h"

namespace mds {

struct Flag {
  std::string name;                // "max-params"; of an argument without a dash its place's name
  std::string value;               // what stands for its value, "N"; empty: it takes none
  std::string fallback;            // what holds where it is not given; empty: nothing, or its absence
  std::string range;               // of a number
  std::vector<std::string> names;  // all that the value may be
  std::string meaning;
  bool positional = false;
};

std::vector<Flag> flags_of(const CommandLine& line);

std::string help_text(const CommandLine& line);

// Those that a command declares; the command does not run.
std::vector<Flag> flags_of(int (*run)(int argc, char** argv));

// Text in lines of at most `width` columns, the later ones behind `indent` blanks. Line breaks are kept.
std::string wrapped(const std::string& text, size_t indent, size_t width);
size_t help_width();  // COLUMNS, between 40 and 120; else 100

}  // namespace mds
