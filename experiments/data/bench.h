// mdsearch data bench: how fast the pictures of a source can be decoded, and whether a training would wait for them.
#pragma once

#include <cstdint>
#include <string>

#include "experiments/listener.h"
#include "spec/describe.h"

namespace mds {

struct BenchRequest {
  std::string source;  // a name for open_source
  int64_t size = 128, batch = 16, threads = 0;
  double step_ms = 100;  // duration of the simulated training step
};

// Rates of decoding and resizing on one thread, and of the stream on 1, 2, 4 ... threads; the share of time that a
// consumer of step_ms per batch waits. At most a few seconds each. FileError as open_source and PictureStream.
Json bench_source(const BenchRequest& request, Listener& listener);

}  // namespace mds
