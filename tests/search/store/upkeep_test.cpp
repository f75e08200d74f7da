#include "search/store/upkeep.h"

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

// Adds a run with rows in every table that runs use.
int64_t add_full_run(Store& store, const std::string& name) {
  const int64_t run = add_run(store, name);
  store.add_arch_blocks(arch(name).hash, {{.path = "down1.0.conv", .kind = "conv", .block_json = "{}"}});
  store.add_metric(run, {.iteration = 1, .name = "loss", .value = 1});
  store.add_checkpoint(run, {.sha256 = sha256("x"), .path = "x", .bytes = 1, .iteration = 1});
  store.add_picture(run, {.iteration = 1, .bytes = "x", .prompt = "a"});
  store.add_decision({.run = run, .rule = "none/1", .inputs_json = "{}", .verdict = "continue"});
  return run;
}

}  // namespace

TEST_CASE("a removed sweep leaves no row, and its name is free again", "[store]") {
  Store store(":memory:");
  add_full_run(store, "a");
  const Removal removal = remove_sweep(store, "s");
  CHECK(removal.runs.size() == 1);
  for (const char* table :
       {"sweep", "run", "metric", "decision", "checkpoint", "picture", "arch", "arch_block", "block", "protocol"})
    CHECK(rows_of(store, table) == 0);
  CHECK(store.sweeps().empty());
  CHECK(store.check().empty());
  CHECK_THROWS_WITH(remove_sweep(store, "s"), Contains("holds no sweep \"s\""));
}

TEST_CASE("a removed run leaves the rows that others need, and rows stay append-only", "[store]") {
  Store store(":memory:");
  const int64_t one = add_full_run(store, "a"), other = add_full_run(store, "b");
  remove_run(store, "s", one);
  CHECK(rows_of(store, "arch") == 1);
  CHECK(rows_of(store, "block") == 1);
  CHECK(rows_of(store, "protocol") == 1);
  REQUIRE(store.runs("s").size() == 1);
  CHECK(store.metrics(other).size() == 1);
  CHECK_THROWS_WITH(store.transaction([&] { store.execute("DELETE FROM metric"); }), Contains("append-only"));
}

TEST_CASE("nothing is removed while a worker holds a run", "[store]") {
  Store store(":memory:");
  add_full_run(store, "a");
  const auto lease = store.claim("s", {.owner = "host:7", .lease_seconds = 60});
  REQUIRE(lease);
  CHECK_THROWS_WITH(remove_sweep(store, "s"), Contains("the worker host:7 is at run 1"));
  CHECK(rows_of(store, "metric") == 1);
  CHECK_THROWS_WITH(grow_sweep(store, "s", "{}", /*more_rungs=*/true), Contains("host:7"));
  grow_sweep(store, "s", R"({"candidates":7})", /*more_rungs=*/false);
  CHECK(store.sweep_config("s") == R"({"candidates":7})");
}

TEST_CASE("a lease from before the clock was set back keeps nobody from removing", "[store]") {
  Store store(":memory:");
  add_full_run(store, "a");
  store.claim("s", {.owner = "host:7", .lease_seconds = 30 * longest_lease_seconds});
  CHECK(remove_sweep(store, "s").runs.size() == 1);
}

TEST_CASE("the finished runs of a sweep that gets more rungs are judged at the rung that was the last", "[store]") {
  Store store(":memory:");
  const int64_t run = add_run(store, "a");
  store.finish(*store.claim("s", {.owner = "me"}), RunState::done);
  grow_sweep(store, "s", "{}", /*more_rungs=*/true);
  CHECK(store.runs("s")[0].state == RunState::paused);
  store.promote(run, 1);
  CHECK(store.claim("s", {.owner = "me"})->rung == 1);
}

TEST_CASE("a removed model's scores are removed with it", "[store]") {
  Store store(":memory:");
  store.add_model({.hash = sha256("m"), .name = "m", .params = 1});
  store.add_score({.subject = sha256("m"), .subject_name = "m", .name = "fid", .protocol = store.add_protocol("{}")});
  remove_model(store, sha256("m"));
  for (const char* table : {"model", "score", "protocol"}) CHECK(rows_of(store, table) == 0);
  CHECK_THROWS_WITH(remove_model(store, sha256("m")), Contains("holds no model"));
}
