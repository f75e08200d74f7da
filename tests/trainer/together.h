// Processes that train together, as threads of a test.
#pragma once

#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "spec/free_port.h"
#include "trainer/ranks.h"

namespace mds::toy {

// Runs `work` once for each of `count` processes; one alone has no others to ask. Throws the first error.
inline void together(int64_t count, const std::function<void(const RanksPtr&)>& work) {
  if (count == 1) return work(nullptr);
  const int port = free_port();
  std::vector<std::exception_ptr> errors(static_cast<size_t>(count));
  {
    std::vector<std::jthread> threads;
    for (int64_t rank = 0; rank < count; ++rank)
      threads.emplace_back([&, rank] {
        try {
          work(join_ranks({.rank = rank, .count = count, .port = port}, at::kCPU));
        } catch (...) {
          errors[size_t(rank)] = std::current_exception();
        }
      });
  }
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace mds::toy
