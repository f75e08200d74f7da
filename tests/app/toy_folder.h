// A folder of toy files in which the program runs as for a user: to the end, or until it is killed.
#pragma once

#include <chrono>

#include "tests/app/run_mdsearch.h"
#include "tests/experiments/toy_files.h"

namespace mds {

struct ToyFolder : ToyFiles {
  // Runs the program in the folder. `before` is shell text in front of it, such as a limit.
  Outcome run(const std::string& arguments, const std::string& before = "") const {
    return run_shell(mdsearch_in(folder.path, arguments, before), folder.path);
  }

  // Starts it and kills it without warning. Returns whether it was still running.
  bool run_and_kill(const std::string& arguments, std::chrono::milliseconds after) const {
    const auto end = std::chrono::steady_clock::now() + after;
    return killed_once(mdsearch_in(folder.path, arguments), [&] { return std::chrono::steady_clock::now() >= end; });
  }
};

}  // namespace mds
