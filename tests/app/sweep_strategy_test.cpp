// Sweeps whose candidates a strategy asks for as results come.
#include <set>

#include "reports/rows.h"
#include "tests/app/toy_sweep.h"

using namespace mds;

namespace {

// Nine toy networks, one of them included by the space.
struct SearchedSweep : ToySweep {
  SearchedSweep() {
    write("space.json", {{"base", file("unet.json")},
                         {"include", {file("unet.json")}},
                         {"choices",
                          {{{"name", "kernel"}, {"path", "levels.1.kernel"}, {"values", {3, 5, 7}}},
                           {{"name", "expansion"}, {"path", "levels.1.expansion"}, {"values", {2, 3, 4}}}}}});
    change_to("evolution");
  }

  void change_to(const char* kind) const {
    Json json = config();
    json["candidates"] = 5;
    json["rungs"] = {2, 4};
    json["strategy"] = {{"kind", kind}, {"seed", 2}, {"ahead", 1}, {"population", 2}, {"sample", 2}, {"pool", 8}};
    write("sweep.json", json);
  }

  // By the order in which they were asked for.
  std::vector<std::string> candidates() const {
    const Database database(file("r.db"), StoreMode::read_only);
    std::vector<std::string> hashes;
    for (const auto& run : runs_of(database, "toy")) hashes.push_back(run.proxy_of);
    return hashes;
  }
};

}  // namespace

TEST_CASE("a sweep with a strategy trains what it asks for, each network once, the included ones first", "[app]") {
  const auto* kind = GENERATE("nsga2", "model");
  const SearchedSweep sweep;
  sweep.change_to(kind);
  sweep.require_done();
  const auto candidates = sweep.candidates();
  CHECK(candidates.size() == 5);
  CHECK(std::set<std::string>(candidates.begin(), candidates.end()).size() == 5);
  CHECK(candidates.front() == hash_of(load_unet(sweep.file("unet.json"))));
  for (const auto& run : sweep.results()) CHECK(run["state"] == "done");
  std::set<std::string> names;
  const Database database(sweep.file("r.db"), StoreMode::read_only);
  for (const auto& hash : candidates) names.insert(find_arch(database, hash)->name);
  CHECK(names.size() == 5);
  sweep.require_done();
  CHECK(sweep.candidates() == candidates);
}

TEST_CASE("a strategy weighs the sums of block latencies, which are timed before anybody trains", "[app]") {
  const SearchedSweep sweep;
  sweep.change_to("nsga2");
  const std::string objectives = " --set 'strategy.objectives=[\"fd_emoji_clip\",\"latency\"]'";
  sweep.check_fails_without_trace("strategy.objectives.1 names latency, and profile is false",
                                  objectives + " --set profile=false");
  const Outcome outcome = sweep.ToyFolder::run(ToySweep::arguments + objectives + " --set profile=true");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(outcome.err.find("times blocks of unet") < outcome.err.find("run 1 (unet)"));
  const auto candidates = sweep.candidates();
  CHECK(candidates.size() == 5);
  CHECK(summed_latencies(Database(sweep.file("r.db"), StoreMode::read_only), candidates).size() == 5);
}

TEST_CASE("two workers and kills lead a strategy to the same candidates", "[app]") {
  const SearchedSweep one, two, killed;
  one.require_done();
  two.require_done(" --workers 2");
  for (const int milliseconds : {400, 900})
    killed.run_and_kill(ToySweep::arguments, std::chrono::milliseconds(milliseconds));
  killed.require_done();
  CHECK(two.results() == one.results());
  CHECK(killed.results() == one.results());
}

TEST_CASE("a searched sweep that takes more candidates and seeds goes on as one that began with them", "[app]") {
  const SearchedSweep grown, whole;
  whole.require_done();
  grown.require_done(" --set candidates=2");
  grown.require_done();
  CHECK(grown.results() == whole.results());
  grown.require_done(" --set seeds=2 --set candidates=6");
  CHECK(grown.results().size() == 2 * 6);
  for (const auto& run : grown.results()) CHECK(run["state"] == "done");
}

TEST_CASE("a sweep that asks for more networks than the space has trains all of them and says so", "[app]") {
  const SearchedSweep sweep;
  const Outcome outcome = sweep.ToyFolder::run(ToySweep::arguments + " --set candidates=50 --set 'rungs=[2]'");
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  CHECK(sweep.results().size() == 9);
  CHECK_THAT(outcome.err, Catch::Contains("has 9 networks under the caps, and not 50 as candidates asks for"));
}

TEST_CASE("settings of a strategy that cannot be are refused before anything is written", "[app]") {
  const SearchedSweep sweep;
  sweep.check_fails_without_trace("strategy.population is 1; allowed: 2 to", " --set strategy.population=1");
  sweep.check_fails_without_trace(
      "strategy.objectives.0 is \"speed\"; allowed: params, macs, macs_valid, latency, fd_emoji_clip",
      " --set 'strategy.objectives=[\"speed\"]'");
  sweep.check_fails_without_trace("has no score", " --set 'strategy.objectives=[\"params\"]'");
  sweep.check_fails_without_trace("the network unet, one of the first candidates, has", " --set max_params=1");
  Json space = load_json(sweep.file("space.json"));
  space.erase("include");
  sweep.write("space.json", space);
  sweep.check_fails_without_trace("none of its networks is under max_params", " --set max_params=1");
  const Outcome plan = sweep.ToyFolder::run(ToySweep::arguments + " --plan --format json");
  INFO(plan.err);
  REQUIRE(plan.code == 0);
  CHECK(plan.json()["candidates"].size() == 5);
  CHECK_THAT(plan.err, Catch::Contains("random ones stand for them"));
}

TEST_CASE("scores of untrained candidates are stored once with every run, and change no other score", "[app]") {
  const ToySweep plain, scored;
  plain.require_done();
  scored.require_done(" --set untrained=true");
  Json results = scored.results();
  for (auto& run : results) {
    CHECK(run["scores"]["untrained_gradient_norm@0"].get<double>() > 0);
    CHECK(run["scores"]["untrained_sensitivity@0"].get<double>() > 0);
    for (const char* name : {"untrained_gradient_norm@0", "untrained_sensitivity@0"}) run["scores"].erase(name);
  }
  CHECK(results == plain.results());
  scored.require_done(" --set untrained=true");
}
