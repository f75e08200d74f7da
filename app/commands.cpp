#include "app/commands.h"

#include <array>
#include <iostream>

#include "app/command_help.h"
#include "app/run.h"
#include "app/usage_error.h"
#include "spec/wrapped.h"

namespace mds {
namespace {

// Those of which nothing is linked with LibTorch.
constexpr std::array light_list = {
    Command{job::search, "enumerate", "Counts the networks of a search space under caps, and lists some of them.",
            run_enumerate},
    Command{job::measure, "spec", "Prints a network's parameters and multiply-accumulates, by block or by layer.",
            run_spec},
    Command{job::data, "report", "Prints tables and writes pages from a results database.", run_report},
    Command{job::data, "db", "Checks, merges or counts a results database.", nullptr, db_commands},
};

bool asks_help(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (const std::string_view word = argv[i]; word == "--help" || word == "-h") return true;
  return false;
}

}  // namespace

std::span<const Command> light_commands() { return light_list; }

const Command& find_command(std::span<const Command> among, std::string_view name) {
  std::vector<std::string> names;
  for (const auto& command : among) {
    if (command.name == name) return command;
    names.emplace_back(command.name);
  }
  throw UsageError("there is no command \"" + std::string(name) + "\"" + offer(name, names, "commands"));
}

std::string list_text(const std::string& place, std::span<const Command> among) {
  constexpr size_t column = 16;
  std::string text, job;
  for (const auto& command : among) {
    if (command.job != job) text += "\n" + std::string(command.job) + ":\n";
    job = command.job;
    text += "  " + std::string(command.name) + std::string(column - 2 - command.name.size(), ' ') +
            wrapped(std::string(command.summary), column, help_width() - column) + "\n";
  }
  return "usage: " + place + " COMMAND [options]\n" + text + "\n`" + place +
         " COMMAND --help` prints a command's options.\n";
}

int run_command(std::string& place, std::span<const Command> among, int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h") return std::cout << list_text(place, among), 0;
  if (name.empty()) return std::cerr << list_text(place, among), 2;
  const Command& command = find_command(among, name);
  place += " " + std::string(name);
  if (command.parts) return run_command(place, command.parts(), argc - 1, argv + 1);
  if (asks_help(argc - 1, argv + 1)) std::cout << command.summary << "\n\n";
  return command.run(argc - 1, argv + 1);
}

}  // namespace mds
