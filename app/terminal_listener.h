// The listener of commands: sentences and progress go to stderr, and SIGINT or SIGTERM stop the work. Progress is a
// line for each unit of work with rate and time left; on a terminal the line is rewritten.
#pragma once

#include <functional>

#include "experiments/listener.h"

namespace mds {

class TerminalListener final : public Listener {
 public:
  std::unique_ptr<Progress> progress(const std::string& what, int64_t total, int64_t done = 0) override;
  void say(const std::string& sentence) override;
  bool stops() override;
  void stoppable(bool now) override;
};

// Runs work, which returns whether it succeeded, and returns the exit code. An interrupt is a failure; stderr says then
// what `stopped`, "the bench stopped", and how it goes on.
int resumable(const std::string& stopped, const std::function<bool()>& work);

}  // namespace mds
