#include "experiments/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

extern char** environ;

namespace mds {
namespace {

// Starts this program; the child's stdout is `output`. The child gets SIGTERM when the thread that started it ends,
// which waits for it: so no worker goes on without its sweep, however that died.
pid_t spawn_self(const std::vector<std::string>& arguments, int output) {
  std::vector<char*> argv{const_cast<char*>("mdsearch")};
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "a process of mdsearch cannot be started");
  if (child > 0) return child;
  // Other threads may hold any lock here, so only calls that need none.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() == parent && ::dup2(output, STDOUT_FILENO) >= 0) ::execve("/proc/self/exe", argv.data(), environ);
  ::_exit(127);
}

// Asks the child to stop for as long as it lives on: a signal before its exec would be lost.
void wait_for_output(int input, pid_t child, const std::function<bool()>& stops) {
  constexpr int pause_ms = 200;
  pollfd output{.fd = input, .events = POLLIN, .revents = 0};
  while (::poll(&output, 1, pause_ms) <= 0)
    if (stops && stops()) ::kill(child, stop_signal());
}

std::string read_all(int input, pid_t child, const std::function<bool()>& stops) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    wait_for_output(input, child, stops);
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

int stop_signal() { return SIGUSR1; }

std::string run_self(const std::vector<std::string>& arguments, const std::function<bool()>& stops) {
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
  std::string text = read_all(from_child, child, stops);
  ::close(from_child);
  const int status = exit_status(child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  throw std::runtime_error("the process of \"mdsearch " + arguments.front() + "\" " +
                           (WIFSIGNALED(status) ? "was killed by signal " + std::to_string(WTERMSIG(status))
                                                : "failed with exit code " + std::to_string(WEXITSTATUS(status))));
}

}  // namespace mds
