// Reading ahead changes when batches are read, and nothing else.
#include "trainer/read_ahead.h"

#include <ATen/ATen.h>

#include <mutex>

#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

// What was read, in order; outlives the reader.
struct Log {
  std::vector<int64_t> read() const {
    const std::scoped_lock lock(mutex);
    return iterations;
  }
  void add(int64_t iteration) {
    const std::scoped_lock lock(mutex);
    iterations.push_back(iteration);
  }
  mutable std::mutex mutex;
  std::vector<int64_t> iterations;
};

// The numbers 100 * iteration + example; iteration `bad` cannot be read.
class Numbers final : public LatentReader {
 public:
  explicit Numbers(Log& log, int64_t bad = -1) : log_(log), bad_(bad) {}
  LatentRows batch(int64_t iteration, int64_t first, int64_t count) override {
    log_.add(iteration);
    if (iteration == bad_) throw FileError("shard 3 is missing");
    return {.moments = at::arange(100 * iteration + first, 100 * iteration + first + count), .text = {}};
  }

 private:
  Log& log_;
  int64_t bad_;
};

bool is(const LatentRows& rows, int64_t first, int64_t count) {
  return at::equal(rows.moments, at::arange(first, first + count));
}

}  // namespace

TEST_CASE("batches come as they are asked for, in any order and in parts", "[trainer][torch]") {
  Log log;
  const auto reader = reading_ahead(std::make_unique<Numbers>(log), 3);
  for (const int64_t iteration : {0, 1, 2, 3, 3, 9, 4, 0, 2, 4, 6, 8})
    CHECK(is(reader->batch(iteration, 0, 5), 100 * iteration, 5));
  CHECK(is(reader->batch(7, 2, 2), 702, 2));
  CHECK(is(reader->batch(8, 2, 2), 802, 2));
}

TEST_CASE("what comes next is read once, at the distance of the last two", "[trainer][torch]") {
  Log log;
  {
    const auto reader = reading_ahead(std::make_unique<Numbers>(log), 2);
    for (int64_t iteration = 0; iteration < 20; ++iteration) reader->batch(iteration, 0, 1);
  }
  const std::vector<int64_t> read = log.read();
  for (size_t i = 0; i < read.size(); ++i) CHECK(read[i] == int64_t(i));
  CHECK(read.size() <= 20 + 2);

  Log spaced;
  {
    const auto reader = reading_ahead(std::make_unique<Numbers>(spaced), 2);
    for (int64_t iteration = 10; iteration < 40; iteration += 2) reader->batch(iteration, 0, 1);
  }
  int64_t odd = 0;
  for (const int64_t iteration : spaced.read()) odd += iteration % 2;
  CHECK(odd <= 2);  // before a distance is known
}

TEST_CASE("an error of reading belongs to the batch that cannot be read", "[trainer][torch]") {
  Log log;
  const auto reader = reading_ahead(std::make_unique<Numbers>(log, /*bad=*/2), 4);
  CHECK(is(reader->batch(0, 0, 1), 0, 1));
  CHECK(is(reader->batch(1, 0, 1), 100, 1));
  CHECK_THROWS_WITH(reader->batch(2, 0, 1), Contains("shard 3 is missing"));
  CHECK(is(reader->batch(3, 0, 1), 300, 1));
}
