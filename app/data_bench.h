// mdsearch data bench: how fast a source's pictures can be decoded, and whether a trainer would wait for them.
#pragma once

#include <cstdint>
#include <string>

#include "spec/describe.h"

namespace mds {

struct BenchRequest {
  std::string source;  // as open_source takes it
  int64_t size = 128, batch = 16, threads = 0;
  double step_ms = 100;  // of the training step that is imitated
};

// Decode and resize apart on one thread; the stream on 1, 2, 4 ... threads; the share of time that a consumer of one
// batch each step_ms waits. At most a few seconds a part. FileError as open_source and PictureStream.
Json bench_source(const BenchRequest& request);

void print_bench(const Json& result);  // as a table

}  // namespace mds
