// mdsearch: dispatch to the subcommands, and the only catch-all for errors.
#include <c10/util/Exception.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "app/commands.h"
#include "app/version.h"
#include "spec/error.h"
#include "spec/freed_memory.h"

namespace mds {
namespace {

// A result that did not reach stdout is a failure, whatever the command says. A reader that went away is none.
void require_written(std::ostream& out) {
  errno = 0;
  out.flush();
  if (!out && errno != EPIPE)
    throw WriteError(std::string("stdout: could not be written") +
                     (errno ? ": " + std::string(std::strerror(errno)) : ""));
}

}  // namespace
}  // namespace mds

namespace {

int run(std::string& place, int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--version") return std::cout << mds::version_text(), 0;
  if (first == "--help" || first == "-h")
    std::cout
        << "mdsearch searches, trains, measures and emits the MobileDiffusion family of text-to-image models.\n\n";
  return mds::run_command(place, mds::commands(), argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  mds::keep_freed_memory();
  std::string place = "mdsearch";
  try {
    const int code = run(place, argc, argv);
    mds::require_written(std::cout);
    return code;
  } catch (const mds::UsageError& error) {
    std::cerr << place << ": " << error.what() << "; see `" << place << " --help`\n";
    return 2;
  } catch (const c10::Error& error) {
    std::cerr << place << ": " << error.what_without_backtrace() << "\n";
  } catch (const std::exception& error) {
    std::cerr << place << ": " << error.what() << "\n";
  }
  return 1;
}
