#include "data/tool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "spec/error.h"

extern char** environ;

namespace mds {
namespace {

using Clock = std::chrono::steady_clock;

pid_t spawn(const Tool& tool, int output) {
  std::vector<char*> arguments;
  for (const auto& argument : tool.command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return child;
  throw FileError(tool.command[0] + ": cannot be run: " + std::strerror(error) +
                  (error == ENOENT ? "; it comes with the package " + tool.package : ""));
}

// False if the deadline passed before the output ended.
bool read_until(int input, Clock::time_point deadline, std::string& output) {
  std::array<char, 65536> buffer;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{input, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, int(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const auto size = ::read(input, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0;
    output.append(buffer.data(), size_t(size));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::string run_tool(const Tool& tool) {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw FileError(tool.command[0] + ": no pipe: " + std::strerror(errno));
  const auto deadline = Clock::now() + tool.limit;
  pid_t child = 0;
  try {
    child = spawn(tool, ends[1]);
  } catch (...) {
    ::close(ends[0]);
    ::close(ends[1]);
    throw;
  }
  ::close(ends[1]);
  std::string output;
  const bool complete = read_until(ends[0], deadline, output);
  ::close(ends[0]);
  if (!complete) ::kill(child, SIGKILL);
  const int status = wait_for(child);
  if (!complete) throw FileError(tool.command[0] + ": stopped after " + std::to_string(tool.limit.count()) + " ms");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw FileError(tool.command[0] + ": failed");
  return output;
}

}  // namespace mds
