#include "profiler/stopping.h"

#include "tests/catch.h"

using namespace mds;

namespace {

constexpr int64_t ms = 1'000'000;

// n samples spread evenly over centre +- share * centre.
std::vector<int64_t> samples_of(int64_t n, int64_t centre, double share) {
  std::vector<int64_t> samples(n);
  for (int64_t i = 0; i < n; ++i) samples[i] = centre + int64_t(share * double(centre) * (2.0 * i / (n - 1) - 1));
  return samples;
}

// The same samples as one block.
SampleBlocks spread(int64_t n, int64_t centre, double share) { return {samples_of(n, centre, share)}; }

StoppingRule rule(TimingMode mode) { return StoppingRule(stopping_config(mode)); }

}  // namespace

TEST_CASE("screening ends only when 64 samples and 3 s are both there", "[profiler]") {
  CHECK_FALSE(rule(TimingMode::screening).finished(spread(63, 100 * ms, 0)));
  CHECK_FALSE(rule(TimingMode::screening).finished(spread(64, 40 * ms, 0)));
  CHECK(rule(TimingMode::screening).finished(spread(64, 50 * ms, 0)));
}

TEST_CASE("a final timing ends with 1,024 samples or 60 s, whichever comes first", "[profiler]") {
  CHECK_FALSE(rule(TimingMode::final).finished(spread(1023, ms, 0)));
  CHECK(rule(TimingMode::final).finished(spread(1024, ms, 0)));
  CHECK(rule(TimingMode::final).finished(spread(60, 1000 * ms, 0)));
}

TEST_CASE("an imprecise median keeps sampling until the cap and is then unstable", "[profiler]") {
  const auto screening = rule(TimingMode::screening);
  CHECK_FALSE(screening.finished(spread(100, 50 * ms, 0.08)));
  const auto capped = spread(610, 50 * ms, 0.08);
  CHECK(screening.finished(capped));
  CHECK(screening.mark(spread(640, 50 * ms, 0.08)) == TimingMark::steady);
  CHECK(screening.finished(spread(11, 3000 * ms, 0.08)));
  CHECK(screening.mark(spread(11, 3000 * ms, 0.08)) == TimingMark::unstable);
}

TEST_CASE("a slow callable that is precise at the cap is steady, with fewer samples than the least number",
          "[profiler]") {
  const auto screening = rule(TimingMode::screening);
  const SampleBlocks slow(10, std::vector<int64_t>(1, 3000 * ms));
  CHECK(screening.finished(slow));
  CHECK(screening.mark(slow) == TimingMark::steady);
}

TEST_CASE("a median that is precise within blocks but not between them keeps sampling", "[profiler]") {
  const auto screening = rule(TimingMode::screening);
  SampleBlocks drifting;
  for (const int64_t block_ms : {46, 46, 50, 50, 50, 50, 50, 54, 54}) drifting.emplace_back(10, block_ms * ms);
  CHECK_FALSE(screening.finished(drifting));
  CHECK(screening.mark(drifting) == TimingMark::unstable);
  CHECK(screening.finished({pooled(drifting)}));
  CHECK(screening.finished(SampleBlocks(9, std::vector<int64_t>(10, 50 * ms))));
}

TEST_CASE("the spread warns above ten and rejects above twenty-five per cent", "[profiler]") {
  const auto screening = rule(TimingMode::screening);
  CHECK(screening.mark(spread(5000, 10 * ms, 0.09)) == TimingMark::steady);
  CHECK(screening.mark(spread(5000, 10 * ms, 0.11)) == TimingMark::noisy);
  CHECK(screening.mark(spread(5000, 10 * ms, 0.27)) == TimingMark::rejected);
}

TEST_CASE("warm-up lasts a second and until two windows agree within a hundredth", "[profiler]") {
  const auto screening = rule(TimingMode::screening);
  CHECK_FALSE(screening.warm({}));
  CHECK_FALSE(screening.warm(samples_of(9, 200 * ms, 0)));
  CHECK_FALSE(screening.warm(samples_of(10, 90 * ms, 0)));
  CHECK(screening.warm(samples_of(10, 100 * ms, 0)));
  std::vector<int64_t> settling(5, 300 * ms);
  settling.insert(settling.end(), 5, 290 * ms);
  CHECK_FALSE(screening.warm(settling));
  settling.insert(settling.end(), 5, 289 * ms);
  CHECK(screening.warm(settling));
}

TEST_CASE("a warm-up that never agrees ends at its longest duration", "[profiler]") {
  CHECK(rule(TimingMode::screening).warm(std::vector<int64_t>{6000 * ms, 5000 * ms}));
}

TEST_CASE("the quick mode takes nine samples after one warm-up run", "[profiler]") {
  const auto quick = rule(TimingMode::quick);
  CHECK(quick.warm(std::vector<int64_t>{5}));
  CHECK_FALSE(quick.finished(spread(8, ms, 0.9)));
  CHECK(quick.finished(spread(9, ms, 0.9)));
  CHECK(quick.mark(spread(9, ms, 0.9)) == TimingMark::unchecked);
  CHECK(quick.block_samples(1e9, {}) == 1);
}

TEST_CASE("a block is at most a ninth of the least, in samples or in time", "[profiler]") {
  CHECK(rule(TimingMode::screening).block_samples(1e8, {}) == 7);  // 64 / 9 samples outweigh a third of a second
  CHECK(rule(TimingMode::screening).block_samples(1e9, {}) == 3);  // 30 s / 9 at 1 s
  CHECK(rule(TimingMode::screening).block_samples(9e9, {}) == 1);
  CHECK(rule(TimingMode::screening).block_samples(1e6, {}) == 333);    // 3 s / 9 at 1 ms
  CHECK(rule(TimingMode::final).block_samples(1e6, {}) == 113);        // 1,024 / 9 samples
  CHECK(rule(TimingMode::final).block_samples(1e9, {}) == 6);          // 60 s / 9 at 1 s
  CHECK(rule(TimingMode::screening).block_samples(0, {}) == 100'000);  // inside the cap
}

TEST_CASE("a stopping rule's JSON refuses odd values and names them", "[profiler]") {
  CHECK_THROWS_WITH(from_json<StoppingConfig>({{"samples", 0}}, "p.json"), "p.json: samples is 0; allowed: at least 1");
  CHECK_THROWS_AS(from_json<StoppingConfig>({{"sample", 3}}, "p.json"), ConfigError);
  CHECK(from_json<StoppingConfig>({{"least", "either"}}, "p.json").least == Least::either);
}
