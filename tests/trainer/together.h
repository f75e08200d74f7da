// Processes that train together, as threads of a test.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "trainer/ranks.h"

namespace mds::toy {

inline int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = socket >= 0 && ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (socket >= 0) ::close(socket);
  return bound ? int(ntohs(address.sin_port)) : 0;
}

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
