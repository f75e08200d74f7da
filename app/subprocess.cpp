#include "app/subprocess.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace mds {
namespace {

// Starts this program; the child's stdout is `output`.
pid_t spawn_self(const std::vector<std::string>& arguments, int output) {
  std::vector<char*> argv{const_cast<char*>("mdsearch")};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  pid_t child = 0;
  const int error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), "a process of mdsearch cannot be started");
  return child;
}

std::string read_all(int input) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t n = ::read(input, buffer.data(), buffer.size());
    if (n == 0 || (n < 0 && errno != EINTR)) return text;
    if (n > 0) text.append(buffer.data(), size_t(n));
  }
}

int exit_status(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::string run_self(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const auto [from_child, to_parent] = ends;
  pid_t child = 0;
  try {
    child = spawn_self(arguments, to_parent);
  } catch (...) {
    ::close(from_child);
    ::close(to_parent);
    throw;
  }
  ::close(to_parent);
  std::string text = read_all(from_child);
  ::close(from_child);
  const int status = exit_status(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  throw std::runtime_error("the process of \"mdsearch " + arguments.front() + "\" " +
                           (WIFSIGNALED(status) ? "was killed by signal " + std::to_string(WTERMSIG(status))
                                                : "failed with exit code " + std::to_string(WEXITSTATUS(status))));
}

}  // namespace mds
