#include "app/commands.h"

#include <array>
#include <iostream>

#include "app/command_help.h"
#include "app/run.h"
#include "app/usage_error.h"

namespace mds {
namespace {

constexpr std::string_view job_search = "Search for networks", job_measure = "Measure and move networks",
                           job_train = "Train, draw and score", job_data = "Data and results", job_help = "Help";

constexpr std::array command_list = {
    Command{job_search, "enumerate", "Counts the networks of a search space under caps, and lists some of them.",
            run_enumerate},
    Command{job_search, "sweep",
            "Trains the networks of a space shortly, stops the weak ones early, and names the best.", run_sweep},
    Command{job_search, "worker", "Trains for a sweep that another process started, from the same database.",
            run_worker},
    Command{job_measure, "spec", "Prints a network's parameters and multiply-accumulates, by block or by layer.",
            run_spec},
    Command{job_measure, "profile", "Times a network, its blocks or a model's whole pictures on this machine.",
            run_profile},
    Command{job_measure, "convert", "Makes a model folder from the weights of another library.", run_convert},
    Command{job_measure, "export", "Writes a network as TorchScript, ONNX or safetensors.", run_export},
    Command{job_measure, "forward", "Passes the tensors of a file through a network once, for comparisons.",
            run_forward},
    Command{job_train, "train", "Trains one stage, such as base, distil or autoencoder, and goes on where it stopped.",
            run_train},
#ifndef MDSEARCH_CORE
    Command{job_train, "generate", "Draws pictures from text with a model folder.", run_generate},
    Command{job_train, "evaluate", "Scores pictures, or what a model draws from captions.", run_evaluate},
    Command{job_data, "data", "Builds a data set, shows its pictures, times its loading.", nullptr, data_commands},
#endif
    Command{job_data, "report", "Prints tables and writes pages from a results database.", run_report},
    Command{job_data, "db", "Checks, merges or counts a results database.", nullptr, db_commands},
    Command{job_help, "help", "Explains a command, or every field of a sweep, train, space, spec or model file.",
            run_help},
    Command{job_help, "completion", "Prints a script that completes commands, options and names in bash.",
            run_completion},
};

bool asks_help(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (const std::string_view word = argv[i]; word == "--help" || word == "-h") return true;
  return false;
}

}  // namespace

std::span<const Command> commands() { return command_list; }

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
