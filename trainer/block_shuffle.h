// The order of epochs over rows that are too many to be read at random: blocks of neighbouring rows in a random order,
// and the rows of some blocks that follow each other, a window, mixed. An epoch's order is a function of the seed and
// the epoch alone, so any place in it can be found without what came before.
#pragma once

#include <cstdint>
#include <vector>

#include "spec/describe.h"

namespace mds {

struct ShuffleConfig {
  int64_t block = 256;
  int64_t window = 64;
  bool operator==(const ShuffleConfig&) const = default;
  static void describe(auto& self, auto&& field) {
    field("block", self.block, "neighbouring pairs that stay in one window", between(1, 1 << 20));
    field("window", self.window, "blocks, drawn at random, whose pairs are mixed", between(1, 1 << 20));
  }
};

class BlockShuffle {
 public:
  BlockShuffle(int64_t count, const ShuffleConfig& config, uint64_t seed);

  // The rows at `n` positions from `position` on, where epoch e has the positions e * count .. (e + 1) * count - 1.
  std::vector<int64_t> rows(int64_t position, int64_t n);

 private:
  void open_epoch(int64_t epoch);
  void open_window(size_t window);
  int64_t rows_in(int64_t block) const;

  int64_t count_;
  ShuffleConfig config_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> blocks_{};  // of the epoch, in its order
  std::vector<int64_t> begins_{};  // of each window in the epoch, and the end of the last
  size_t window_ = 0;
  std::vector<int64_t> order_{};  // the rows of the window; empty: none is open
};

}  // namespace mds
