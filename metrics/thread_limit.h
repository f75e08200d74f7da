// LibTorch's own threads, limited: for small work their waits for each other cost far more than the work.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>

namespace mds {

// At most so many threads while it lives.
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
