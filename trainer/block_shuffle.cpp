#include "trainer/block_shuffle.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "spec/bootstrap.h"

namespace mds {
namespace {

// A generator for one of many things that a seed decides.
Random random_of(uint64_t seed, uint64_t which) { return Random(Random(seed).next() ^ which); }

}  // namespace

BlockShuffle::BlockShuffle(int64_t count, const ShuffleConfig& config, uint64_t seed)
    : count_(count), config_(config), seed_(seed) {}

int64_t BlockShuffle::rows_in(int64_t block) const {
  return std::min(config_.block, count_ - block * config_.block);  // the last block may be short
}

void BlockShuffle::open_epoch(int64_t epoch) {
  if (epoch_ == epoch) return;
  epoch_ = epoch;
  order_.clear();
  blocks_.resize(size_t((count_ + config_.block - 1) / config_.block));
  std::iota(blocks_.begin(), blocks_.end(), int64_t(0));
  random_of(seed_, uint64_t(epoch)).shuffle(blocks_);
  begins_.assign(1, 0);
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (i % size_t(config_.window) == 0) begins_.push_back(begins_.back());
    begins_.back() += rows_in(blocks_[i]);
  }
}

void BlockShuffle::open_window(size_t window) {
  if (window_ == window && !order_.empty()) return;
  window_ = window;
  order_.clear();
  const size_t first = window * size_t(config_.window), last = std::min(first + size_t(config_.window), blocks_.size());
  for (size_t i = first; i < last; ++i)
    for (int64_t row = 0; row < rows_in(blocks_[i]); ++row) order_.push_back(blocks_[i] * config_.block + row);
  random_of(random_of(seed_, uint64_t(epoch_)).next(), window).shuffle(order_);
}

std::vector<int64_t> BlockShuffle::rows(int64_t position, int64_t n) {
  if (count_ < 1) throw std::logic_error("BlockShuffle: there are no rows");
  std::vector<int64_t> found;
  while (int64_t(found.size()) < n) {
    const int64_t at = position + int64_t(found.size()), offset = at % count_;
    open_epoch(at / count_);
    const auto window = size_t(std::upper_bound(begins_.begin(), begins_.end(), offset) - begins_.begin()) - 1;
    open_window(window);
    const int64_t begin = offset - begins_[window];
    const int64_t take = std::min(n - int64_t(found.size()), int64_t(order_.size()) - begin);
    found.insert(found.end(), order_.begin() + begin, order_.begin() + begin + take);
  }
  return found;
}

}  // namespace mds
