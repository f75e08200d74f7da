// The commands of mdsearch-torch, in the order in which help lists them.
#include <vector>

#include "app/commands.h"
#include "app/run.h"

namespace mds {
namespace {

const Command& light(std::string_view name) { return find_command(light_commands(), name); }

}  // namespace

std::span<const Command> commands() {
  static const std::vector<Command> list = {
      light("enumerate"),
      Command{job::search, "sweep",
              "Trains the networks of a space shortly, stops the weak ones early, and names the best.", run_sweep},
      Command{job::search, "worker", "Trains for a sweep that another process started, from the same database.",
              run_worker},
      light("spec"),
      Command{job::measure, "profile", "Times a network, its blocks or a model's whole pictures on this machine.",
              run_profile},
      Command{job::measure, "bench", "Times all networks of a comparison, and goes on where it stopped.", nullptr,
              bench_commands},
      Command{job::measure, "convert", "Makes a model folder from the weights of another library.", run_convert},
      Command{job::measure, "export", "Writes a network as TorchScript, ONNX or safetensors.", run_export},
      Command{job::measure, "forward", "Passes the tensors of a file through a network once, for comparisons.",
              run_forward},
      Command{job::train, "train",
              "Trains one stage, such as base, distil or autoencoder, and goes on where it stopped.", run_train},
#ifndef MDSEARCH_CORE
      Command{job::train, "generate", "Draws pictures from text with a model folder.", run_generate},
      Command{job::train, "evaluate", "Scores pictures, or what a model draws from captions.", run_evaluate},
      Command{job::data, "data", "Builds a data set, shows its pictures, times its loading, encodes it.", nullptr,
              data_commands},
#endif
      light("report"),
      light("db"),
      Command{job::help, "help", "Explains a command, or every field of a sweep, train, space, spec or model file.",
              run_help},
      Command{job::help, "completion", "Prints a script that completes commands, options and names in bash.",
              run_completion},
  };
  return list;
}

}  // namespace mds
