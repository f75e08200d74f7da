#include "experiments/sweep/stored_candidates.h"

#include "search/named_network.h"
#include "tests/catch.h"

using namespace mds;

namespace {

// A stored sweep of one network with a run for each seed, in memory.
struct Seeds {
  explicit Seeds(int64_t seeds) {
    const UNetSpec spec = load_unet("mobilediffusion");
    const ArchRow arch{.hash = hash_of(spec),
                       .name = "md",
                       .spec_json = canonical_json(spec),
                       .convention = cost_convention,
                       .input = "8x64x64",
                       .generator = R"({"kernel": 7})"};
    add_arch(database, arch);
    add_sweep(database, "s", "{}");
    const std::string protocol = add_protocol(database, "{}");
    for (int64_t seed = 0; seed < seeds; ++seed)
      ensure_run(database,
                 {.sweep = "s", .arch = arch.hash, .protocol = protocol, .seed = seed, .proxy_of = arch.hash});
  }

  void score(int64_t seed, int64_t iteration, double value) {
    add_metric(database, runs_of(database, "s")[size_t(seed)].run,
               {.iteration = iteration, .images_seen = iteration, .name = "fd_x", .value = value});
  }
  void end(int64_t seed, RunState state) {
    const Lease lease = take(database, runs_of(database, "s")[size_t(seed)].run, {.owner = "test"});
    finish(database, lease, state);
  }
  std::vector<std::vector<double>> result() {
    return result_of(database, runs_by_candidate(database, "s").front(), {{10, 30}, {"fd_x"}});
  }

  Database database{":memory:"};
};

using Curve = std::vector<std::vector<double>>;

}  // namespace

TEST_CASE("a candidate's result is the mean over its seeds, up to the last rung that all reached", "[experiments]") {
  Seeds stored(2);
  stored.score(0, 10, 4);
  CHECK(stored.result().empty());
  stored.score(1, 10, 6);
  stored.score(0, 30, 2);
  CHECK(stored.result() == Curve{{5}});
  stored.score(1, 30, 3);
  CHECK(stored.result() == Curve{{5}, {2.5}});
}

TEST_CASE("seeds that failed are left out, and all of them make an empty result", "[experiments]") {
  Seeds stored(2);
  for (const int64_t seed : {0, 1}) stored.score(seed, 10, double(4 + seed));
  stored.end(0, RunState::failed);
  CHECK(stored.result() == Curve{{5}});
  stored.end(1, RunState::failed);
  CHECK(stored.result().empty());
}

TEST_CASE("a candidate has ended when all of its seeds have", "[experiments]") {
  Seeds stored(2);
  stored.end(0, RunState::done);
  CHECK_FALSE(ended(runs_by_candidate(stored.database, "s").front()));
  stored.end(1, RunState::stopped);
  CHECK(ended(runs_by_candidate(stored.database, "s").front()));
  const auto candidates = stored_candidates(stored.database, "s");
  REQUIRE(candidates.size() == 1);
  CHECK(candidates[0].runs.size() == 2);
  CHECK(candidates[0].candidate.choices["kernel"] == 7);
  CHECK(candidates[0].candidate.network == canonical(load_unet("mobilediffusion")));
}
