// mdsearch: dispatch to the subcommands, and the only catch-all for errors.
#include <c10/util/Exception.h>

#include <iostream>

#include "app/commands.h"
#include "spec/error.h"
#include "spec/freed_memory.h"

namespace {

int usage(std::ostream& out) {
  out << "mdsearch: search, train, measure and emit the MobileDiffusion family of text-to-image models\n\n"
         "usage: mdsearch COMMAND [options]\n\n";
  for (const auto& command : mds::commands())
    out << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary << "\n";
  out << "\n`mdsearch COMMAND --help` prints a command's options.\n";
  return 0;
}

int run(int argc, char** argv) {
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name.empty() || name == "--help" || name == "-h" || name == "help")
    return usage(name.empty() ? std::cerr : std::cout) + (name.empty() ? 2 : 0);
  for (const auto& command : mds::commands())
    if (command.name == name) return command.run(argc - 1, argv + 1);
  usage(std::cerr);
  throw mds::UsageError("there is no command \"" + std::string(name) + "\"");
}

}  // namespace

int main(int argc, char** argv) {
  mds::keep_freed_memory();
  const std::string place = argc > 1 ? std::string("mdsearch ") + argv[1] + ": " : "mdsearch: ";
  try {
    return run(argc, argv);
  } catch (const mds::UsageError& error) {
    std::cerr << place << error.what() << "\n";
    return 2;
  } catch (const c10::Error& error) {
    std::cerr << place << error.what_without_backtrace() << "\n";
  } catch (const std::exception& error) {
    std::cerr << place << error.what() << "\n";
  }
  return 1;
}
