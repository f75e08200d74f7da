// Orders of epochs: every row once, mixed within windows of blocks, and found again from the position alone.
#include "trainer/block_shuffle.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "tests/catch.h"

using namespace mds;

namespace {

std::set<int64_t> blocks_of(const std::vector<int64_t>& rows, int64_t block) {
  std::set<int64_t> blocks;
  for (const int64_t row : rows) blocks.insert(row / block);
  return blocks;
}

}  // namespace

TEST_CASE("an epoch has every row exactly once", "[trainer]") {
  const int64_t count = GENERATE(1, 7, 64, 1000);
  const ShuffleConfig config{.block = GENERATE(1, 3, 16), .window = GENERATE(1, 2, 64)};
  BlockShuffle shuffle(count, config, /*seed=*/5);
  std::vector<int64_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), int64_t(0));
  for (const int64_t epoch : {0, 1, 7}) {
    auto rows = shuffle.rows(epoch * count, count);
    std::sort(rows.begin(), rows.end());
    CHECK(rows == all);
  }
}

TEST_CASE("a window mixes the rows of its blocks and of no others", "[trainer]") {
  const ShuffleConfig config{.block = 8, .window = 4};
  const int64_t rows_a_window = config.block * config.window, windows = 10;
  BlockShuffle shuffle(windows * rows_a_window, config, 1);
  std::set<int64_t> seen;
  int64_t neighbours = 0;
  for (int64_t window = 0; window < windows; ++window) {
    const auto rows = shuffle.rows(window * rows_a_window, rows_a_window);
    const auto blocks = blocks_of(rows, config.block);
    CHECK(int64_t(blocks.size()) == config.window);
    for (const int64_t block : blocks) CHECK(seen.insert(block).second);
    for (size_t i = 1; i < rows.size(); ++i) neighbours += rows[i] == rows[i - 1] + 1;
  }
  CHECK(neighbours < windows * rows_a_window / 10);  // about one in 32 by chance
}

TEST_CASE("rows are found from their position alone, across windows and epochs", "[trainer]") {
  const ShuffleConfig config{.block = 4, .window = 3};
  constexpr int64_t count = 41, batch = 6;
  BlockShuffle forwards(count, config, 9);
  for (int64_t position = 0; position < 3 * count; position += batch) {
    const auto rows = forwards.rows(position, batch);
    BlockShuffle fresh(count, config, 9);
    CHECK(fresh.rows(position, batch) == rows);
    for (int64_t i = 0; i < batch; ++i) CHECK(fresh.rows(position + i, 1).front() == rows[size_t(i)]);
  }
}

TEST_CASE("the order depends on the seed and on the epoch", "[trainer]") {
  const ShuffleConfig config{.block = 4, .window = 3};
  BlockShuffle one(100, config, 1), other(100, config, 2);
  CHECK(one.rows(0, 100) != other.rows(0, 100));
  CHECK(one.rows(0, 100) != one.rows(100, 100));
}
