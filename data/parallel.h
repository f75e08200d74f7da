// Runs work(i) for i in 0..count-1 on a limited number of threads. The first exception stops the rest and is rethrown
// to the caller.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "spec/processors.h"

namespace mds {

template <class Work>
void parallel_for(int64_t count, const Work& work) {
  std::atomic<int64_t> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto run = [&] {
    for (int64_t i; (i = next++) < count;) {
      try {
        work(i);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!failure) failure = std::current_exception();
        next = count;
      }
    }
  };
  {
    const auto threads = std::min({count, usable_processors(), int64_t(16)});
    std::vector<std::jthread> pool;
    for (int64_t i = 1; i < threads; ++i) pool.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace mds
