#include "search/winner.h"

#include "tests/catch.h"

using namespace mds;

namespace {

MetricRow scored(int64_t iteration, double value, double half_width = 1) {
  return {.iteration = iteration,
          .images_seen = iteration * 16,
          .name = "fd_emoji_clip",
          .value = value,
          .n = 64,
          .low = value - half_width,
          .high = value + half_width};
}

RunResult run(const std::string& candidate, const MetricRow& score, RunState state = RunState::done) {
  static int64_t number = 0;
  return {.run = ++number, .candidate = candidate, .state = state, .score = score};
}

std::string winner(const std::vector<RunResult>& runs, const std::string& score = "fd_emoji_clip") {
  const Ranking ranking = rank_runs(score, runs);
  return ranking.has_winner() ? ranking.placed[0].candidate : "";
}

}  // namespace

TEST_CASE("the winner has the best value, whichever way the score is better", "[search]") {
  const std::vector<RunResult> runs{run("a", scored(180, 40)), run("b", scored(180, 30)), run("c", scored(180, 50))};
  CHECK(winner(runs, "fd_emoji_clip") == "b");
  CHECK(winner(runs, "clip_emoji") == "c");
  CHECK_THROWS_WITH(rank_runs("loss", runs), Catch::Contains("the score loss is not known"));
}

TEST_CASE("scores of different rungs are never compared", "[search]") {
  CHECK(winner({run("shallow", scored(60, 10), RunState::paused), run("deep", scored(180, 90))}) == "deep");
  const Ranking ranking =
      rank_runs("fd_emoji_clip", {run("shallow", scored(60, 10), RunState::paused), run("deep", scored(180, 90))});
  CHECK(ranking.iteration == 180);
  CHECK(ranking.images_seen == 2880);
  CHECK(ranking.placed.size() == 1);
  CHECK(ranking.unfinished == 1);
}

TEST_CASE("a candidate that stopped or failed never wins, nor does it set the rung", "[search]") {
  const Ranking ranking =
      rank_runs("fd_emoji_clip", {run("stopped", scored(60, 1), RunState::stopped), run("done", scored(60, 9)),
                                  run("failed", scored(180, 1), RunState::failed)});
  REQUIRE(ranking.placed.size() == 1);
  CHECK(ranking.placed[0].candidate == "done");
  CHECK(ranking.iteration == 60);
  CHECK(ranking.stopped == 1);
  CHECK(ranking.failed == 1);
  CHECK(winner({run("only", scored(60, 1), RunState::failed)}).empty());
  CHECK(winner({}).empty());
  CHECK(winner({{.run = 1, .candidate = "waiting", .state = RunState::queued}}).empty());
}

TEST_CASE("with several seeds a candidate's value is their mean and its interval holds each seed's value", "[search]") {
  const Ranking ranking = rank_runs("fd_emoji_clip", {run("lucky", scored(180, 10)), run("steady", scored(180, 20)),
                                                      run("lucky", scored(180, 40)), run("steady", scored(180, 22))});
  REQUIRE(ranking.placed.size() == 2);
  const Placed &steady = ranking.placed[0], &lucky = ranking.placed[1];
  CHECK(steady.candidate == "steady");
  CHECK(steady.value == 21);
  CHECK(steady.runs.size() == 2);
  CHECK(steady.n == 64);
  CHECK(steady.low == 20);
  CHECK(steady.high == 22);
  CHECK(lucky.low == 10);
  CHECK(lucky.high == 40);
  CHECK(ranking.close() == 1);
}

TEST_CASE("a candidate that lost a seed does not win by its other seeds", "[search]") {
  CHECK(winner({run("half", scored(180, 1)), run("half", scored(60, 1), RunState::failed), run("whole", scored(180, 9)),
                run("whole", scored(180, 9))}) == "whole");
  // Where every candidate lost a seed, those with the most remaining seeds are compared.
  CHECK(winner({run("a", scored(180, 1)), run("a", scored(60, 1), RunState::stopped), run("b", scored(180, 9)),
                run("b", scored(60, 9), RunState::stopped)}) == "a");
}

TEST_CASE("a ranking says whether it is settled: by its intervals, never by its order", "[search]") {
  const auto words = [](const std::vector<RunResult>& runs) { return settled_in_words(rank_runs("fd_x", runs)); };
  const auto a = run("a", scored(60, 10)), b = run("b", scored(60, 11)), c = run("c", scored(60, 30));
  CHECK(words({a}) == "No other candidate reached this rung.");
  CHECK(words({a, c}) == "Settled: the interval of its rival does not overlap with the winner's.");
  CHECK(words({a, b}) == "Not settled: the interval of its rival overlaps with the winner's.");
  CHECK(words({a, b, c}) == "Not settled: the interval of 1 of its 2 rivals overlaps with the winner's.");
  CHECK(words({a, c, run("d", scored(60, 31))}) == "Settled: the interval of no rival overlaps with the winner's.");
  CHECK(words({a, run("d", scored(60, 10))}) ==
        "Not settled: the first two have the same value, and the interval of its rival overlaps with the winner's.");
  MetricRow bare = scored(60, 90);
  bare.low.reset();
  CHECK_THAT(words({a, run("no interval", bare)}), Catch::StartsWith("Not settled"));
}

TEST_CASE("among equal values the candidate that came first is the winner", "[search]") {
  CHECK(winner({run("first", scored(60, 5)), run("second", scored(60, 5))}) == "first");
}
