// Limits LibTorch's own threads: for small work, their waiting for each other costs far more than the work.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>

namespace mds {

// While it lives, LibTorch uses at most so many threads.
class ThreadLimit {
 public:
  explicit ThreadLimit(int most) { at::set_num_threads(std::min(most, threads_)); }
  ~ThreadLimit() { at::set_num_threads(threads_); }
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  int threads_ = at::get_num_threads();
};

}  // namespace mds
