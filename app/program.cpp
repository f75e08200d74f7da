#include "app/program.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <optional>

#include "app/flag_words.h"
#include "spec/error.h"
#include "spec/freed_memory.h"
#include "spec/printable_stream.h"

namespace mds {
namespace {

int run(std::string& place, const Program& program, int argc, char** argv) {
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first == "--version") return std::cout << program.version(), 0;
  if (first == "--help" || first == "-h")
    std::cout
        << "mdsearch searches, trains, measures and emits the MobileDiffusion family of text-to-image models.\n\n";
  return run_command(place, program.commands, argc, argv);
}

// Whether all results were written to stdout. A reader that closed the pipe is not reported as a failure.
bool stdout_is_written() {
  errno = 0;
  const bool written = !std::cout.flush().fail() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (!written && std::fflush(stdout) != 0 && errno != EPIPE)
    std::cerr << "stdout: could not be written: " << std::strerror(errno) << "\n";
  else if (!written && errno == 0)
    std::cerr << "stdout: could not be written\n";
  return written;
}

int result_of(const Program& program, int argc, char** argv) {
  std::string place = "mdsearch";
  try {
    return run(place, program, argc, argv);
  } catch (const RequestError& error) {
    std::cerr << place << ": " << with_flags(error.what()) << "; see `" << place << " --help`\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << place << ": " << with_flags(program.failure(error, place)) << "\n";
  }
  return 1;
}

}  // namespace

int run_program(const Program& program, int argc, char** argv) {
  keep_freed_memory();
  const PrintableOutput errors(std::cerr);
  std::optional<PrintableOutput> results;  // a file or a pipe gets names as they are
  if (::isatty(STDOUT_FILENO)) results.emplace(std::cout);
  const int code = result_of(program, argc, argv);
  return stdout_is_written() || code != 0 ? code : 1;
}

}  // namespace mds
