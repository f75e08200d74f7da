#include <fstream>

#include "search/store/store.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/old_database.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

void fill(const std::string& file, const std::string& name, double value) {
  Database database(file);
  remember_device(database, {.model = "only in " + name});  // gives equal rows different keys
  const int64_t run = add_run(database, name);
  const auto lease = claim(database, "s", {.owner = name, .device = remember_device(database, {.model = "shared"})});
  add_metric(database, *lease, {.iteration = 1, .name = "loss", .value = value});
  add_evaluation_sample(database, *lease, {.iteration = 1, .name = "clip_emoji", .samples = {float(value)}});
  add_picture(database, *lease, {.iteration = 1, .bytes = "png of " + name});
  finish(database, *lease, RunState::done);
  add_decision(database, {.run = run, .rule = "slopes", .inputs_json = "{}", .verdict = "go on"});
  add_latency(database, latency(database));
  LatencyRow whole = latency(database);
  whole.key.kind = LatencyKind::end_to_end;
  whole.key.arch = arch(name).hash;
  add_latency(database, whole);
  const ScoreRow score{.subject = sha256(name), .name = "fid", .protocol = add_protocol(database, "{}")};
  add_score(database, score);
  add_replicates(
      database,
      {.subject = score.subject, .name = score.name, .protocol = score.protocol, .values = {1, float(value)}});
  add_model_training(database, {.model = score.subject, .run = "0123", .config_json = "{}"});
}

}  // namespace

TEST_CASE("merging brings in every row once, and again changes nothing", "[store]") {
  const ScratchFolder folder;
  fill(folder.store("a.db"), "a", 0.1);
  fill(folder.store("b.db"), "b", 0.2);
  Database database(folder.store("a.db"));
  std::vector<int64_t> before;
  for (int round = 0; round < 2; ++round) {
    merge(database, folder.store("b.db"));
    CHECK(rows_of(database, "arch") == 2);
    CHECK(rows_of(database, "run") == 2);
    CHECK(rows_of(database, "protocol") == 2);  // of the runs, of the scores
    CHECK(rows_of(database, "model_training") == 2);
    CHECK(rows_of(database, "device") == 4);  // two of their own, the shared one, one of the latencies
    CHECK(rows_of(database, "metric") == 2);
    CHECK(rows_of(database, "decision") == 2);
    CHECK(rows_of(database, "picture") == 2);
    CHECK(rows_of(database, "latency_run") == 3);  // they share the block's
    CHECK(rows_of(database, "latency_sample") == 3);
    CHECK(problems_of(database).empty());
  }
  const auto runs = runs_of(database, "s");
  CHECK(runs[1].arch == arch("b").hash);
  CHECK(curve_of(database, runs[1].run, "loss")[0].value == 0.2);
  for (const auto& score : all_scores(database))
    CHECK(replicates_of(database, score) ==
          std::vector<double>{1, score.subject == sha256("a") ? double(0.1f) : double(0.2f)});
}

TEST_CASE("one latency measured by two processes into two databases keeps both's samples", "[store]") {
  const ScratchFolder folder;
  for (const int64_t process : {1, 2}) {
    Database database(folder.store(std::to_string(process) + ".db"));
    LatencyRow row = latency(database, 1000 * process);
    row.process = {.number = process, .warmup_count = process};
    add_latency(database, row);
  }
  Database database(folder.store("1.db"));
  for (int round = 0; round < 2; ++round) merge(database, folder.store("2.db"));
  const auto rows = find_latency(database, latency(database).key);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].samples_ns.front() == 1000);
  CHECK(rows[1].samples_ns.front() == 2000);
  CHECK(rows[1].process.warmup_count == 2);
}

TEST_CASE("for a run in both databases the later update wins, and its new metrics are copied", "[store]") {
  const ScratchFolder folder;
  {
    Database database(folder.store("a.db"));
    add_run(database, "a");
  }
  merge(*std::make_unique<Database>(folder.file("worker.db")), folder.store("a.db"));
  {
    Database worker(folder.file("worker.db"));
    const auto lease = claim(worker, "s", {.owner = "worker"});
    add_metric(worker, *lease, {.iteration = 5, .name = "loss", .value = 0.5});
    finish(worker, *lease, RunState::done, "finished elsewhere");
  }
  Database database(folder.store("a.db"));
  merge(database, folder.file("worker.db"));
  REQUIRE(runs_of(database, "s").size() == 1);
  CHECK(runs_of(database, "s")[0].state == RunState::done);
  CHECK(runs_of(database, "s")[0].message == "finished elsewhere");
  CHECK(curve_of(database, 1, "loss").size() == 1);
}

TEST_CASE("a lease in a merged database is not taken over", "[store]") {
  const ScratchFolder folder;
  {
    Database other(folder.store("b.db"));
    add_run(other, "b");
    claim(other, "s", {.owner = "elsewhere"});
  }
  Database database(folder.store("a.db"));
  merge(database, folder.store("b.db"));
  CHECK(runs_of(database, "s")[0].state == RunState::queued);
  CHECK(claim(database, "s", {.owner = "here"}));
}

TEST_CASE("a file that cannot be merged is an error and changes nothing", "[store]") {
  const ScratchFolder folder;
  fill(folder.store("a.db"), "a", 0.1);
  std::ofstream(folder.file("text.db")) << "no database at all, just text";
  Database database(folder.store("a.db"));
  CHECK_THROWS_WITH(merge(database, folder.file("text.db")), Contains("text.db: is not a database"));
  CHECK_THROWS_WITH(merge(database, folder.file("none.db")), Contains("there is no such database"));
  CHECK_THROWS_WITH(merge(database, folder.store("a.db")), Contains("into itself"));
  CHECK(rows_of(database, "run") == 1);
}

TEST_CASE("a picture of a run that is not there ends a merge in words", "[store]") {
  const ScratchFolder folder;
  fill(folder.file("b.db"), "b", 0.1);
  run_sql(folder.file("b.db"), "UPDATE picture SET run_id = 77");
  Database database(folder.file("a.db"));
  CHECK_THROWS_WITH(merge(database, folder.file("b.db")),
                    Contains("b.db: table picture: a row refers to run 77, which is not there"));
  CHECK(rows_of(database, "run") == 0);
}

TEST_CASE("a row that no program of ours wrote ends a merge with its place", "[store]") {
  const ScratchFolder folder;
  fill(folder.file("b.db"), "b", 0.1);
  const auto with = [&](const std::string& change) {
    run_sql(folder.file("b.db"), "PRAGMA ignore_check_constraints = ON; " + change);
    Database database(":memory:");
    merge(database, folder.file("b.db"));
  };
  CHECK_THROWS_WITH(with("UPDATE run SET state = 'odd'"),
                    Contains("b.db: table run, column state: is \"odd\"; valid: queued, leased"));
  CHECK_THROWS_WITH(with("UPDATE run SET state = 'done'; UPDATE arch SET hash = 'short'"),
                    Contains(":memory:: refuses a row: CHECK constraint failed: length(hash) = 64"));
}
