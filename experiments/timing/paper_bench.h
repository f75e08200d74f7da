// All that the paper's tables of latency need, timed on this machine in rounds: each round times every network once, in
// random order, each in a fresh process, and stores it at once. A bench that was interrupted goes on where it stopped.
#pragma once

#include "experiments/listener.h"
#include "experiments/timing/profiling.h"

namespace mds {

struct PaperBenchRequest {
  std::string database{};
  ProfileOptions options{.mode = TimingMode::quick, .whole = true, .blocks = false};
  int64_t rounds = 2;
  std::vector<std::string> networks{};  // empty: all of the paper's
};

struct PaperBenchResult {
  int64_t measured = 0, stored_before = 0;
  std::vector<std::string> left_out{};  // a network and why
};

// RequestError for a network that the bench does not have. A network that does not fit into memory, or whose process
// fails, is left out. Interrupted between two measurements keeps all that were done.
PaperBenchResult bench_paper(const PaperBenchRequest& request, const MeasureNetwork& measure, Listener& listener);

}  // namespace mds
