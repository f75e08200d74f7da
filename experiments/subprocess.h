// Runs this program again, in a process of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mds {

// The signal that asks a process of this program to end at its next safe moment; it may come any number of times.
int stop_signal();

// Runs `mdsearch ARGUMENTS...` and returns its stdout; its stderr is this process's. Throws unless it exits with 0. If
// this process dies, the other one gets SIGTERM. Once `stops` is true, which is asked five times a second, the other
// one gets the stop signal until it ends.
std::string run_self(const std::vector<std::string>& arguments, const std::function<bool()>& stops = {});

}  // namespace mds
