#include "experiments/processes.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <system_error>

#include "spec/free_port.h"

extern char** environ;

namespace mds {
namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_of(int64_t rank, int64_t count, int port) {
  const std::string own = std::to_string(rank), all = std::to_string(count);
  std::vector<std::string> variables{"RANK=" + own,           "LOCAL_RANK=" + own,
                                     "WORLD_SIZE=" + all,     "LOCAL_WORLD_SIZE=" + all,
                                     "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + std::to_string(port)};
  for (char** variable = environ; *variable; ++variable)
    variables.emplace_back(*variable);  // the first of a name counts
  return variables;
}

// Blocks the signals that this process waits for; its children get the mask from before.
class Waiting {
 public:
  Waiting() {
    ::sigemptyset(&set_);
    for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) ::sigaddset(&set_, signal);
    ::sigprocmask(SIG_BLOCK, &set_, &before_);
  }
  ~Waiting() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  const sigset_t& before() const { return before_; }
  int next() const {
    int signal = 0;
    ::sigwait(&set_, &signal);
    return signal;
  }

 private:
  sigset_t set_{}, before_{};
};

// If this process dies, the child is asked to end. A terminal's Ctrl-C reaches it through this process only.
pid_t start(std::vector<std::string> arguments, std::vector<std::string> environment, const sigset_t& mask) {
  const auto argv = pointers(arguments), envp = pointers(environment);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "a process of mdsearch cannot be started");
  if (child > 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::setpgid(0, 0);
  ::sigprocmask(SIG_SETMASK, &mask, nullptr);
  if (::getppid() == parent) ::execve("/proc/self/exe", argv.data(), envp.data());
  ::_exit(127);
}

// Takes the children that have ended off the list; returns whether all of these ended well.
bool take_ended(std::vector<pid_t>& children) {
  bool well = true;
  for (size_t i = 0; i < children.size(); ++i) {
    int status = 0;
    if (children[i] == 0 || ::waitpid(children[i], &status, WNOHANG) != children[i]) continue;
    if (WIFSIGNALED(status))
      std::cerr << "mdsearch: process " << i << " of the training was killed by signal " << WTERMSIG(status) << "\n";
    well = well && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    children[i] = 0;
  }
  return well;
}

}  // namespace

int run_together(const std::string& command, const std::vector<std::string>& arguments, int64_t count) {
  std::vector<std::string> line{"mdsearch", command};
  line.insert(line.end(), arguments.begin(), arguments.end());
  const Waiting waiting;
  const int port = free_port();
  std::vector<pid_t> children;
  for (int64_t rank = 0; rank < count; ++rank)
    children.push_back(start(line, environment_of(rank, count, port), waiting.before()));
  bool well = true;
  while (std::ranges::any_of(children, [](pid_t child) { return child != 0; })) {
    const int signal = waiting.next();
    if (signal == SIGCHLD)
      well = take_ended(children) && well;
    else
      for (const pid_t child : children)
        if (child != 0) ::kill(child, signal);
  }
  return well ? 0 : 1;
}

}  // namespace mds
