// One function per subcommand, in the file of its name; for commands with parts, the list of these.
#pragma once

#include <span>

#include "app/commands.h"

namespace mds {

int run_completion(int argc, char** argv);
int run_convert(int argc, char** argv);
int run_enumerate(int argc, char** argv);
int run_evaluate(int argc, char** argv);
int run_export(int argc, char** argv);
int run_forward(int argc, char** argv);
int run_generate(int argc, char** argv);
int run_help(int argc, char** argv);
int run_profile(int argc, char** argv);
int run_report(int argc, char** argv);
int run_spec(int argc, char** argv);
int run_sweep(int argc, char** argv);
int run_train(int argc, char** argv);
int run_worker(int argc, char** argv);

std::span<const Command> bench_commands();
std::span<const Command> data_commands();
std::span<const Command> db_commands();

}  // namespace mds
