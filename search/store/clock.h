// Wall-clock time as the database stores it.
#pragma once

#include <chrono>
#include <cstdint>

namespace mds {

inline int64_t unix_seconds() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace mds
