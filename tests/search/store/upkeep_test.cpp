#include "search/store/upkeep.h"

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

// Adds a run with rows in every table that runs use.
int64_t add_full_run(Database& database, const std::string& name) {
  const int64_t run = add_run(database, name);
  add_arch_blocks(database, arch(name).hash, {{.path = "down1.0.conv", .kind = "conv", .block_json = "{}"}});
  add_metric(database, run, {.iteration = 1, .name = "loss", .value = 1});
  add_evaluation_sample(database, run, {.iteration = 1, .name = "clip_emoji", .samples = {0.5f}});
  add_checkpoint(database, run, {.sha256 = sha256("x"), .path = "x", .bytes = 1, .iteration = 1});
  add_picture(database, run, {.iteration = 1, .bytes = "x", .prompt = "a"});
  add_decision(database, {.run = run, .rule = "none/1", .inputs_json = "{}", .verdict = "continue"});
  return run;
}

}  // namespace

TEST_CASE("a removed sweep leaves no row, and its name is free again", "[store]") {
  Database database(fresh_store());
  add_full_run(database, "a");
  const Removal removal = remove_sweep(database, "s");
  CHECK(removal.runs.size() == 1);
  for (const char* table : {"sweep", "run", "metric", "evaluation_sample", "decision", "checkpoint", "picture", "arch",
                            "arch_block", "block", "protocol"})
    CHECK(rows_of(database, table) == 0);
  CHECK(sweep_names(database).empty());
  CHECK(problems_of(database).empty());
  CHECK_THROWS_WITH(remove_sweep(database, "s"), Contains("holds no sweep \"s\""));
}

TEST_CASE("a removed run leaves the rows that others need, and rows stay append-only", "[store]") {
  Database database(fresh_store());
  const int64_t one = add_full_run(database, "a"), other = add_full_run(database, "b");
  remove_run(database, "s", one);
  CHECK(rows_of(database, "arch") == 1);
  CHECK(rows_of(database, "block") == 1);
  CHECK(rows_of(database, "protocol") == 1);
  REQUIRE(runs_of(database, "s").size() == 1);
  CHECK(metrics_of(database, other).size() == 1);
  CHECK_THROWS_WITH(database.transaction([&] { database.execute("DELETE FROM metric"); }), Contains("append-only"));
}

TEST_CASE("a decoder stays by which the models of a removed training are found", "[store]") {
  Database database(fresh_store());
  add_full_run(database, "a");
  const ArchRow decoder = find_arch(database, arch("a").hash).value();
  add_model(database, {.hash = sha256("m"), .name = "m", .stage = "autoencoder", .params = decoder.params});
  remove_sweep(database, "s");
  CHECK(find_arch(database, decoder.hash));
}

TEST_CASE("nothing is removed while a worker holds a run", "[store]") {
  Database database(fresh_store());
  add_full_run(database, "a");
  const auto lease = claim(database, "s", {.owner = "host:7", .lease_seconds = 60});
  REQUIRE(lease);
  CHECK_THROWS_WITH(remove_sweep(database, "s"), Contains("the worker host:7 is at run 1"));
  CHECK(rows_of(database, "metric") == 1);
  CHECK_THROWS_WITH(grow_sweep(database, "s", "{}", /*more_rungs=*/true), Contains("host:7"));
  grow_sweep(database, "s", R"({"candidates":7})", /*more_rungs=*/false);
  CHECK(sweep_config(database, "s") == R"({"candidates":7})");
}

TEST_CASE("a lease from before the clock was set back keeps nobody from removing", "[store]") {
  Database database(fresh_store());
  add_full_run(database, "a");
  claim(database, "s", {.owner = "host:7", .lease_seconds = 30 * longest_lease_seconds});
  CHECK(remove_sweep(database, "s").runs.size() == 1);
}

TEST_CASE("the finished runs of a sweep that gets more rungs are judged at the rung that was the last", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  finish(database, *claim(database, "s", {.owner = "me"}), RunState::done);
  grow_sweep(database, "s", "{}", /*more_rungs=*/true);
  CHECK(runs_of(database, "s")[0].state == RunState::paused);
  promote(database, run, 1);
  CHECK(claim(database, "s", {.owner = "me"})->rung == 1);
}

TEST_CASE("a removed model's scores are removed with it", "[store]") {
  Database database(fresh_store());
  add_model(database, {.hash = sha256("m"), .name = "m", .params = 1});
  add_score(database,
            {.subject = sha256("m"), .subject_name = "m", .name = "fid", .protocol = add_protocol(database, "{}")});
  add_replicates(database, {.subject = sha256("m"), .name = "fid", .protocol = sha256("{}"), .values = {1, 2}});
  add_model_training(database, {.model = sha256("m"), .config_json = "{}"});
  remove_model(database, sha256("m"));
  for (const char* table : {"model", "model_training", "score", "score_replicates", "protocol"})
    CHECK(rows_of(database, table) == 0);
  CHECK_THROWS_WITH(remove_model(database, sha256("m")), Contains("holds no model"));
}
