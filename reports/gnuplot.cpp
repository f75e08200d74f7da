// Script, picture and messages pass through unlinked temporary files rather than pipes: gnuplot may write before it has
// read all, and a pipe would then block both sides.
#include "reports/gnuplot.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "spec/error.h"

extern char** environ;

namespace mds {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File temporary_file() {
  File file(std::tmpfile(), &std::fclose);
  if (!file) throw FileError(std::string("plot: no temporary file can be made: ") + std::strerror(errno));
  return file;
}

std::string content_of(std::FILE* file) {
  std::string text;
  std::array<char, 65536> part{};
  std::rewind(file);
  for (size_t n; (n = std::fread(part.data(), 1, part.size(), file)) > 0;) text.append(part.data(), n);
  return text;
}

int run_gnuplot(std::FILE* script, std::FILE* picture, std::FILE* messages) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(script), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(picture), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, ::fileno(messages), STDERR_FILENO);
  char name[] = "gnuplot";
  char* arguments[] = {name, nullptr};
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, name, &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) throw FileError("gnuplot: not found on PATH; install the package gnuplot-nox");
  if (error != 0) throw FileError(std::string("gnuplot: cannot be started: ") + std::strerror(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::string gnuplot_svg(const std::string& script) {
  const File input = temporary_file(), picture = temporary_file(), messages = temporary_file();
  const bool written =
      std::fwrite(script.data(), 1, script.size(), input.get()) == script.size() && std::fflush(input.get()) == 0;
  if (!written) throw FileError(std::string("plot: the script cannot be written: ") + std::strerror(errno));
  std::rewind(input.get());
  const int status = run_gnuplot(input.get(), picture.get(), messages.get());
  const std::string svg = content_of(picture.get());
  const size_t start = svg.find("<svg");
  if (status != 0 || start == std::string::npos || svg.find("</svg>") == std::string::npos)
    throw FileError("gnuplot: made no plot: " + content_of(messages.get()));
  return svg.substr(start);
}

std::string quoted_label(const std::string& text) {
  std::string safe;
  for (const unsigned char c : text) {
    const bool active = c < ' ' || c == 0x7f || std::strchr("'\"`\\$@", c) != nullptr;
    safe += active ? ' ' : char(c);
  }
  return "'" + safe + "'";
}

}  // namespace mds
