// SHA-256 of bytes that arrive in parts; sha256() in describe.h takes all bytes at once.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mds {

class Sha256 {
 public:
  void add(std::string_view bytes);
  std::string hex() const;  // of everything added so far: 64 lower-case digits

 private:
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::string rest_;  // the bytes that do not fill a block yet
  uint64_t added_ = 0;
};

}  // namespace mds
