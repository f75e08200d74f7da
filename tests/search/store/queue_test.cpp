#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <set>

#include "search/store/clock.h"
#include "search/store/store.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

const Worker me{.owner = "me", .lease_seconds = 60};
const Worker hasty{.owner = "hasty", .lease_seconds = 0};  // its lease expires at once

// Claims runs until none is left and logs their ids; used in separate processes.
void claim_all(const std::string& store, const std::string& log) {
  std::ofstream out(log);
  Database database(store, StoreMode::open_existing);
  while (const auto lease = claim(database, "s", me)) {
    add_metric(database, *lease, {.iteration = 1, .name = "loss", .value = double(::getpid())});
    finish(database, *lease, RunState::done);
    out << lease->run << "\n";
  }
}

// The runs that so many processes claimed together of a store that has so many.
std::multiset<int64_t> claimed_by(int processes, int64_t runs, const ScratchFolder& folder) {
  const std::string store = folder.store("a.db");
  {
    Database database(store);
    database.transaction([&] {
      for (int64_t seed = 0; seed < runs; ++seed) add_run(database, "a", seed);
    });
  }
  std::vector<pid_t> workers;
  for (int worker = 0; worker < processes; ++worker) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        claim_all(store, folder.file("log" + std::to_string(worker)));
        ::_exit(0);
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        ::_exit(1);
      }
    }
    workers.push_back(child);
  }
  std::multiset<int64_t> claimed;
  for (size_t worker = 0; worker < workers.size(); ++worker) {
    int status = 0;
    ::waitpid(workers[worker], &status, 0);
    CHECK(status == 0);
    std::ifstream log(folder.file("log" + std::to_string(worker)));
    for (int64_t run = 0; log >> run;) claimed.insert(run);
  }
  return claimed;
}

}  // namespace

TEST_CASE("a run goes from queued over leased and paused to promoted and done", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  const auto lease = claim(database, "s", me);
  REQUIRE(lease);
  CHECK(lease->run == run);
  CHECK(lease->rung == 0);
  CHECK_FALSE(claim(database, "s", me));
  finish(database, *lease, RunState::paused);
  CHECK_FALSE(claim(database, "s", me));
  promote(database, run, 1);
  promote(database, run, 1);  // repeated after a crash: no effect
  const auto second = claim(database, "s", me);
  REQUIRE(second);
  CHECK(second->rung == 1);
  CHECK(second->attempt == 1);
  finish(database, *second, RunState::done, "finished");
  CHECK(runs_of(database, "s")[0].state == RunState::done);
  CHECK(runs_of(database, "s")[0].message == "finished");
}

TEST_CASE("a run that kills its workers before any progress fails, however often they beat", "[store]") {
  Database database(fresh_store());
  add_run(database, "deadly");
  const Worker doomed{.owner = "doomed", .lease_seconds = 0};  // expires at once, like a dead worker's lease in the end
  for (int64_t i = 0; i < most_deaths_without_progress; ++i) {
    const auto lease = claim(database, "s", doomed);
    REQUIRE(lease);
    heartbeat(database, *lease);
  }
  CHECK_FALSE(claim(database, "s", me));
  CHECK(runs_of(database, "s")[0].state == RunState::failed);
  CHECK(runs_of(database, "s")[0].message == "10 workers died at it without any progress");

  add_run(database, "slow");
  for (int64_t i = 0; i < 2 * most_deaths_without_progress; ++i) {
    const auto lease = claim(database, "s", doomed);
    REQUIRE(lease);
    note_progress(database, *lease);
  }
}

TEST_CASE("a run is taken in any state, and the holder of its lease can no longer write", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  const Lease first = take(database, run, me);
  add_metric(database, first, {.iteration = 1, .name = "loss", .value = 1});
  const Lease second = take(database, run, {.owner = "other", .lease_seconds = 60});
  CHECK_THROWS_AS(add_metric(database, first, {.iteration = 2, .name = "loss", .value = 1}), LeaseLost);
  finish(database, second, RunState::failed, "a message");
  CHECK(runs_of(database, "s")[0].message == "a message");
  finish(database, take(database, run, me), RunState::done);
  CHECK(runs_of(database, "s")[0].state == RunState::done);
  CHECK(runs_of(database, "s")[0].message.empty());
  CHECK_THROWS_WITH(take(database, 99, me), Contains("holds no run 99"));
}

TEST_CASE("promoted runs are claimed before queued ones", "[store]") {
  Database database(fresh_store());
  add_run(database, "a");
  finish(database, *claim(database, "s", me), RunState::paused);
  const int64_t queued = add_run(database, "b");
  promote(database, 1, 1);
  CHECK(claim(database, "s", me)->run == 1);
  CHECK(claim(database, "s", me)->run == queued);
}

TEST_CASE("a lease that ran out is claimable, and the late write is refused", "[store]") {
  Database database(fresh_store());
  add_run(database, "a");
  const auto late = claim(database, "s", hasty);
  const auto current = claim(database, "s", me);
  REQUIRE(current);
  CHECK(current->fence > late->fence);
  CHECK_THROWS_WITH(add_metric(database, *late, {.name = "loss"}), Contains("late write refused"));
  CHECK_THROWS_WITH(heartbeat(database, *late), Contains("late write refused"));
  CHECK_THROWS_WITH(finish(database, *late, RunState::done), Contains("late write refused"));
  CHECK_THROWS_WITH(add_metric(database, current->run, {.name = "loss"}), Contains("only its lease may write"));
  add_metric(database, *current, {.name = "loss"});
  finish(database, *current, RunState::done);
  CHECK_THROWS_WITH(add_metric(database, *current, {.name = "loss"}), Contains("the run is done"));
}

TEST_CASE("a lease from before the clock was set back is over, and its holder can no longer write", "[store]") {
  Database database(fresh_store());
  add_run(database, "a");
  const auto ahead = [&](int64_t seconds) {
    database.execute("UPDATE run SET lease_expires_unix_s = " + std::to_string(unix_seconds() + seconds));
  };
  const auto late = claim(database, "s", me);
  for (const int64_t ends :
       {me.lease_seconds - 1, me.lease_seconds + 5}) {  // the later one began after we read the clock
    ahead(ends);
    CHECK_FALSE(claim(database, "s", me));
  }
  ahead(30 * 86400);
  const auto current = claim(database, "s", me);
  REQUIRE(current);
  CHECK_THROWS_AS(heartbeat(database, *late), LeaseLost);
  CHECK_FALSE(claim(database, "s", me));
}

TEST_CASE("a heartbeat keeps a lease", "[store]") {
  Database database(fresh_store());
  add_run(database, "a");
  Lease lease = *claim(database, "s", hasty);
  lease.lease_seconds = 60;
  heartbeat(database, lease);
  CHECK_FALSE(claim(database, "s", me));
}

TEST_CASE("a running run can be neither promoted nor stopped", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  const auto lease = claim(database, "s", me);
  CHECK_THROWS_WITH(promote(database, run, 2), Contains("cannot be promoted to rung 2"));
  CHECK_THROWS_AS(stop(database, run), StoreError);
  CHECK_THROWS_AS(finish(database, *lease, RunState::leased), StoreError);
}

TEST_CASE("a stopped run is not claimed unless an audit promotes it", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  finish(database, *claim(database, "s", me), RunState::paused);
  stop(database, run, "both slopes worse");
  CHECK_FALSE(claim(database, "s", me));
  promote(database, run, 2);
  CHECK(claim(database, "s", me)->rung == 2);
}

TEST_CASE("a run that failed or finished is queued again at its rung; others are left alone", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  CHECK_THROWS_WITH(retry(database, run), Contains("run 1 has neither failed nor finished"));
  CHECK_THROWS_WITH(retry(database, 99), Contains("run 99"));
  finish(database, *claim(database, "s", me), RunState::failed, "not finite");
  retry(database, run);
  CHECK(runs_of(database, "s")[0].state == RunState::queued);
  CHECK(runs_of(database, "s")[0].message.empty());
  finish(database, *claim(database, "s", me), RunState::paused);
  promote(database, run, 1);
  finish(database, *claim(database, "s", me), RunState::done);
  retry(database, run);
  CHECK(runs_of(database, "s")[0].state == RunState::promoted);
  const auto lease = claim(database, "s", me);
  REQUIRE(lease);
  CHECK(lease->rung == 1);
  CHECK_THROWS_AS(retry(database, run), StoreError);  // a worker is at it
}

TEST_CASE("a run that was given up after many deaths can be tried as often again", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "deadly");
  for (int64_t i = 0; i < most_deaths_without_progress; ++i) REQUIRE(claim(database, "s", hasty));
  REQUIRE_FALSE(claim(database, "s", me));
  retry(database, run);
  for (int64_t i = 0; i < most_deaths_without_progress; ++i) REQUIRE(claim(database, "s", hasty));
  CHECK_FALSE(claim(database, "s", me));
}

TEST_CASE("a decision and its inputs are logged once", "[store]") {
  Database database(fresh_store());
  const DecisionRow row{
      .run = add_run(database, "a"), .rung = 0, .rule = "slopes", .inputs_json = "{}", .verdict = "stop"};
  add_decision(database, row);
  add_decision(database, row);
  REQUIRE(decisions_of(database, row.run).size() == 1);
  CHECK(decisions_of(database, row.run)[0].verdict == "stop");
}

TEST_CASE("four processes claim four hundred runs, none twice, none lost", "[store]") {
  const ScratchFolder folder;
  const auto claimed = claimed_by(4, 400, folder);
  CHECK(claimed.size() == 400);
  CHECK(std::set<int64_t>(claimed.begin(), claimed.end()).size() == 400);
  CHECK(problems_of(Database(folder.store("a.db"))).empty());
}

TEST_CASE("thirty-two processes claim ten thousand runs, none twice, none lost", "[store][slow]") {
  const ScratchFolder folder;
  const auto start = std::chrono::steady_clock::now();
  const auto claimed = claimed_by(32, 10'000, folder);
  CHECK(claimed.size() == 10'000);
  CHECK(std::set<int64_t>(claimed.begin(), claimed.end()).size() == 10'000);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%s: %.0f runs a second, each claimed, measured and finished\n", folder.store("a.db").c_str(),
              10'000 / took.count());
}

TEST_CASE("a worker killed after its claim loses the run to the next one when the lease runs out", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.store("a.db");
  {
    Database database(file), unused(fresh_store());
    add_run(database, "a");
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Database database(file);
    claim(database, "s", {.owner = "doomed", .lease_seconds = me.lease_seconds});
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  Database database(file);
  CHECK_FALSE(claim(database, "s", me));
  database.execute("UPDATE run SET lease_expires_unix_s = 1");
  const auto lease = claim(database, "s", me);
  REQUIRE(lease);
  CHECK(lease->attempt == 2);
  CHECK(problems_of(database).empty());
}

TEST_CASE("a resting run can be failed with a message, a leased one only by its worker", "[store]") {
  Database database(fresh_store());
  const int64_t run = add_run(database, "a");
  const auto lease = claim(database, "s", {.owner = "w"});
  CHECK_THROWS_WITH(fail_run(database, run, "its score is not finite"), Contains("is leased to a worker"));
  finish(database, *lease, RunState::paused);
  fail_run(database, run, "its score is not finite");
  CHECK(runs_of(database, "s").front().state == RunState::failed);
  CHECK(runs_of(database, "s").front().message == "its score is not finite");
}

TEST_CASE("a worker claims no run that it leaves to others", "[store]") {
  Database database(fresh_store());
  const int64_t first = add_run(database, "a"), second = add_run(database, "b");
  Worker worker = me;
  worker.leaves = {first};
  CHECK(claim(database, "s", worker)->run == second);
  CHECK_FALSE(claim(database, "s", worker));
  CHECK(claim(database, "s", me)->run == first);
}
