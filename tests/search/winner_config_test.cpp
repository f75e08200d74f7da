#include "search/winner_config.h"

#include "search/winner.h"
#include "tests/catch.h"

using Catch::Contains;
using namespace mds;

namespace {

WinnerConfig parsed(const char* json) { return from_json<WinnerConfig>(Json::parse(json), "w"); }

void check(const char* json) { check_winner(parsed(json), {"w", "winner"}); }

std::string spec_of(const std::string& name) { return "{\"name\":\"" + name + "\"}"; }

// A sweep of four networks that differ in size, two scores and latency.
struct Classes {
  Classes() {
    add_sweep(database, "s", R"({"winner": {"objectives": ["fd_emoji_clip", "clip_emoji", "latency"],
      "classes": [{"name": "full"}, {"name": "small", "max_params": 100, "max_gmacs": 1}]}})");
    add("big", 300, {0.10, 0.50}, 9);
    add("fast", 300, {0.11, 0.51}, 3);
    add("worse", 300, {0.12, 0.40}, 9);
    add("small", 90, {0.20, 0.30}, 5);
  }

  void add(const std::string& name, int64_t params, std::pair<double, double> fd_clip, int64_t ms) {
    const ArchRow arch{.hash = sha256(spec_of(name)),
                       .name = name,
                       .spec_json = spec_of(name),
                       .params = params,
                       .macs = 10,
                       .macs_valid = 10,
                       .convention = "c",
                       .input = "i",
                       .generator = "{}"};
    add_arch(database, arch);
    const int64_t run =
        ensure_run(database, {.sweep = "s", .arch = arch.hash, .protocol = add_protocol(database, "{}")});
    const auto lease = claim(database, "s", {.owner = "o"});
    REQUIRE(lease->run == run);
    for (const auto& [score, value] : {std::pair{"fd_emoji_clip", fd_clip.first}, {"clip_emoji", fd_clip.second}})
      add_metric(database, *lease, {.iteration = 10, .images_seen = 160, .name = score, .value = value, .n = 8});
    finish(database, *lease, RunState::done);
    const std::string block = "{\"block\":\"" + name + "\"}";
    add_arch_blocks(database, arch.hash,
                    {{.path = "a", .kind = "k", .in = "1x1x1", .out = "1x1x1", .block_json = block}});
    if (ms == 0) return;
    const LatencyKey key{.kind = LatencyKind::block, .block_json = block, .device = device, .env = env};
    add_latency(database, {.key = key, .process = {.number = 1}, .samples_ns = {ms, ms, ms + 1}});
  }

  std::string winner(const std::string& size_class = "") {
    const Ranking ranking = rank_sweep(database, "s", size_class);
    return find_arch(database, ranking.placed.front().candidate)->name;
  }

  Database database{":memory:"};
  int64_t device = remember_device(database, {.model = "cpu"});
  int64_t env = remember_env(database, {.git_commit = "c"});
};

}  // namespace

TEST_CASE("merit puts those that none dominates first, by the mean of their ranks", "[search]") {
  CHECK(order_of_merit({{1, 9}, {2, 3}, {3, 1}, {4, 4}}) == std::vector<size_t>{0, 1, 2, 3});
  CHECK(order_of_merit({{1, 9, 9}, {2, 3, 3}, {9, 1, 8}}) == std::vector<size_t>{1, 2, 0});
  CHECK(order_of_merit({{5}, {3}, {4}}) == std::vector<size_t>{1, 2, 0});
  CHECK(order_of_merit({{2, 2}, {1, 1}, {1, 1}}) == std::vector<size_t>{1, 2, 0});
  CHECK(order_of_merit({}).empty());
}

TEST_CASE("each class of size has the winner of its own candidates", "[search]") {
  Classes sweep;
  CHECK(sweep.winner() == "fast");
  CHECK(sweep.winner("full") == "fast");
  CHECK(sweep.winner("small") == "small");
  CHECK(rank_sweep(sweep.database, "s", "small").placed.size() == 1);
  CHECK_THAT(rule_in_words(rank_sweep(sweep.database, "s")), Contains("fd_emoji_clip, clip_emoji, latency"));
  CHECK_THROWS_WITH(sweep.winner("tiny"), Contains("no winner class \"tiny\"; it has full, small"));
}

TEST_CASE("a winner rule that reads latencies says which network has none", "[search]") {
  Classes sweep;
  sweep.add("untimed", 300, {0.3, 0.3}, 0);
  CHECK_THROWS_WITH(sweep.winner(), Contains(sha256(spec_of("untimed")).substr(0, 12) + " has no latency"));
}

TEST_CASE("a winner rule names objectives that exist, a score among them, and classes of their own", "[search]") {
  CHECK_NOTHROW(check(R"({"objectives": ["params", "fd_emoji_clip"]})"));
  CHECK_THROWS_WITH(check(R"({"objectives": ["speed"]})"), Contains("winner.objectives.0 is \"speed\"; allowed:"));
  CHECK_THROWS_WITH(check(R"({"objectives": ["params"]})"), Contains("has no score"));
  CHECK_THROWS_WITH(check(R"({"classes": [{"name": "A"}]})"), Contains("winner.classes.0.name is \"A\""));
  CHECK_THROWS_WITH(check(R"({"classes": [{"name": "a"}, {"name": "a"}]})"), Contains("a second time"));
}
