#include <fstream>

#include "search/store/store.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

void fill(const std::string& file, const std::string& name, double value) {
  Store store(file);
  store.remember_device({.model = "only in " + name});  // gives equal rows different keys
  const int64_t run = add_run(store, name);
  const auto lease = store.claim("s", {.owner = name, .device = store.remember_device({.model = "shared"})});
  store.add_metric(*lease, {.iteration = 1, .name = "loss", .value = value});
  store.add_picture(*lease, {.iteration = 1, .bytes = "png of " + name});
  store.finish(*lease, RunState::done);
  store.add_decision({.run = run, .rule = "slopes", .inputs_json = "{}", .verdict = "go on"});
  store.add_latency(latency(store));
  LatencyRow whole = latency(store);
  whole.key.kind = LatencyKind::end_to_end;
  whole.key.arch = arch(name).hash;
  store.add_latency(whole);
}

}  // namespace

TEST_CASE("merging brings in every row once, and again changes nothing", "[store]") {
  const ScratchFolder folder;
  fill(folder.file("a.db"), "a", 0.1);
  fill(folder.file("b.db"), "b", 0.2);
  Store store(folder.file("a.db"));
  std::vector<int64_t> before;
  for (int round = 0; round < 2; ++round) {
    store.merge(folder.file("b.db"));
    CHECK(rows_of(store, "arch") == 2);
    CHECK(rows_of(store, "run") == 2);
    CHECK(rows_of(store, "protocol") == 1);
    CHECK(rows_of(store, "device") == 4);  // two of their own, the shared one, one of the latencies
    CHECK(rows_of(store, "metric") == 2);
    CHECK(rows_of(store, "decision") == 2);
    CHECK(rows_of(store, "picture") == 2);
    CHECK(rows_of(store, "latency_run") == 3);  // they share the block's
    CHECK(rows_of(store, "latency_sample") == 3);
    CHECK(store.check().empty());
  }
  const auto runs = store.runs("s");
  CHECK(runs[1].arch == arch("b").hash);
  CHECK(store.curve(runs[1].run, "loss")[0].value == 0.2);
}

TEST_CASE("one latency measured by two processes into two databases keeps both's samples", "[store]") {
  const ScratchFolder folder;
  for (const int64_t process : {1, 2}) {
    Store store(folder.file(std::to_string(process) + ".db"));
    LatencyRow row = latency(store, 1000 * process);
    row.process = {.number = process, .warmup_count = process};
    store.add_latency(row);
  }
  Store store(folder.file("1.db"));
  for (int round = 0; round < 2; ++round) store.merge(folder.file("2.db"));
  const auto rows = store.find_latency(latency(store).key);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].samples_ns.front() == 1000);
  CHECK(rows[1].samples_ns.front() == 2000);
  CHECK(rows[1].process.warmup_count == 2);
}

TEST_CASE("for a run in both databases the later update wins, and its new metrics are copied", "[store]") {
  const ScratchFolder folder;
  {
    Store store(folder.file("a.db"));
    add_run(store, "a");
  }
  std::filesystem::copy_file(folder.file("a.db"), folder.file("worker.db"));
  {
    Store worker(folder.file("worker.db"));
    const auto lease = worker.claim("s", {.owner = "worker"});
    worker.add_metric(*lease, {.iteration = 5, .name = "loss", .value = 0.5});
    worker.finish(*lease, RunState::done, "finished elsewhere");
  }
  Store store(folder.file("a.db"));
  store.merge(folder.file("worker.db"));
  REQUIRE(store.runs("s").size() == 1);
  CHECK(store.runs("s")[0].state == RunState::done);
  CHECK(store.runs("s")[0].message == "finished elsewhere");
  CHECK(store.curve(1, "loss").size() == 1);
}

TEST_CASE("a lease in a merged database is not taken over", "[store]") {
  const ScratchFolder folder;
  {
    Store other(folder.file("b.db"));
    add_run(other, "b");
    other.claim("s", {.owner = "elsewhere"});
  }
  Store store(folder.file("a.db"));
  store.merge(folder.file("b.db"));
  CHECK(store.runs("s")[0].state == RunState::queued);
  CHECK(store.claim("s", {.owner = "here"}));
}

TEST_CASE("a file that cannot be merged is an error and changes nothing", "[store]") {
  const ScratchFolder folder;
  fill(folder.file("a.db"), "a", 0.1);
  std::ofstream(folder.file("text.db")) << "no database at all, just text";
  Store store(folder.file("a.db"));
  CHECK_THROWS_WITH(store.merge(folder.file("text.db")), Contains("text.db: is not a database"));
  CHECK_THROWS_WITH(store.merge(folder.file("none.db")), Contains("there is no such database"));
  CHECK_THROWS_WITH(store.merge(folder.file("a.db")), Contains("into itself"));
  CHECK(rows_of(store, "run") == 1);
}
