#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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
void claim_all(const std::string& file, const std::string& log) {
  std::ofstream out(log);
  Store store(file, StoreMode::open_existing);
  while (const auto lease = store.claim("s", me)) {
    store.add_metric(*lease, {.iteration = 1, .name = "loss", .value = double(::getpid())});
    store.finish(*lease, RunState::done);
    out << lease->run << "\n";
  }
}

}  // namespace

TEST_CASE("a run goes from queued over leased and paused to promoted and done", "[store]") {
  Store store(":memory:");
  const int64_t run = add_run(store, "a");
  const auto lease = store.claim("s", me);
  REQUIRE(lease);
  CHECK(lease->run == run);
  CHECK(lease->rung == 0);
  CHECK_FALSE(store.claim("s", me));
  store.finish(*lease, RunState::paused);
  CHECK_FALSE(store.claim("s", me));
  store.promote(run, 1);
  store.promote(run, 1);  // repeated after a crash: no effect
  const auto second = store.claim("s", me);
  REQUIRE(second);
  CHECK(second->rung == 1);
  CHECK(second->attempt == 1);
  store.finish(*second, RunState::done, "finished");
  CHECK(store.runs("s")[0].state == RunState::done);
  CHECK(store.runs("s")[0].message == "finished");
}

TEST_CASE("a run that kills its workers before any progress fails; a heartbeat is progress", "[store]") {
  Store store(":memory:");
  add_run(store, "deadly");
  const Worker doomed{.owner = "doomed", .lease_seconds = 0};  // expires at once, like a dead worker's lease in the end
  for (int64_t i = 0; i < most_deaths_without_progress; ++i) REQUIRE(store.claim("s", doomed));
  CHECK_FALSE(store.claim("s", me));
  CHECK(store.runs("s")[0].state == RunState::failed);
  CHECK(store.runs("s")[0].message == "10 workers died at it without any progress");

  add_run(store, "slow");
  for (int64_t i = 0; i < 2 * most_deaths_without_progress; ++i) {
    const auto lease = store.claim("s", doomed);
    REQUIRE(lease);
    store.heartbeat(*lease);
  }
}

TEST_CASE("a run is taken in any state, and the holder of its lease can no longer write", "[store]") {
  Store store(":memory:");
  const int64_t run = add_run(store, "a");
  const Lease first = store.take(run, me);
  store.add_metric(first, {.iteration = 1, .name = "loss", .value = 1});
  const Lease second = store.take(run, {.owner = "other", .lease_seconds = 60});
  CHECK_THROWS_AS(store.add_metric(first, {.iteration = 2, .name = "loss", .value = 1}), LeaseLost);
  store.finish(second, RunState::failed, "a message");
  CHECK(store.runs("s")[0].message == "a message");
  store.finish(store.take(run, me), RunState::done);
  CHECK(store.runs("s")[0].state == RunState::done);
  CHECK(store.runs("s")[0].message.empty());
  CHECK_THROWS_WITH(store.take(99, me), Contains("holds no run 99"));
}

TEST_CASE("promoted runs are claimed before queued ones", "[store]") {
  Store store(":memory:");
  add_run(store, "a");
  store.finish(*store.claim("s", me), RunState::paused);
  const int64_t queued = add_run(store, "b");
  store.promote(1, 1);
  CHECK(store.claim("s", me)->run == 1);
  CHECK(store.claim("s", me)->run == queued);
}

TEST_CASE("a lease that ran out is claimable, and the late write is refused", "[store]") {
  Store store(":memory:");
  add_run(store, "a");
  const auto late = store.claim("s", hasty);
  const auto current = store.claim("s", me);
  REQUIRE(current);
  CHECK(current->fence > late->fence);
  CHECK_THROWS_WITH(store.add_metric(*late, {.name = "loss"}), Contains("late write refused"));
  CHECK_THROWS_WITH(store.heartbeat(*late), Contains("late write refused"));
  CHECK_THROWS_WITH(store.finish(*late, RunState::done), Contains("late write refused"));
  CHECK_THROWS_WITH(store.add_metric(current->run, {.name = "loss"}), Contains("only its lease may write"));
  store.add_metric(*current, {.name = "loss"});
  store.finish(*current, RunState::done);
  CHECK_THROWS_WITH(store.add_metric(*current, {.name = "loss"}), Contains("the run is done"));
}

TEST_CASE("a lease from before the clock was set back is over, and its holder can no longer write", "[store]") {
  Store store(":memory:");
  add_run(store, "a");
  const auto ahead = [&](int64_t seconds) {
    store.execute("UPDATE run SET lease_expires_unix_s = " + std::to_string(unix_seconds() + seconds));
  };
  const auto late = store.claim("s", me);
  ahead(me.lease_seconds - 1);
  CHECK_FALSE(store.claim("s", me));
  ahead(30 * 86400);
  const auto current = store.claim("s", me);
  REQUIRE(current);
  CHECK_THROWS_AS(store.heartbeat(*late), LeaseLost);
  CHECK_FALSE(store.claim("s", me));
}

TEST_CASE("a heartbeat keeps a lease", "[store]") {
  Store store(":memory:");
  add_run(store, "a");
  Lease lease = *store.claim("s", hasty);
  lease.lease_seconds = 60;
  store.heartbeat(lease);
  CHECK_FALSE(store.claim("s", me));
}

TEST_CASE("a running run can be neither promoted nor stopped", "[store]") {
  Store store(":memory:");
  const int64_t run = add_run(store, "a");
  const auto lease = store.claim("s", me);
  CHECK_THROWS_WITH(store.promote(run, 2), Contains("cannot be promoted to rung 2"));
  CHECK_THROWS_AS(store.stop(run), StoreError);
  CHECK_THROWS_AS(store.finish(*lease, RunState::leased), StoreError);
}

TEST_CASE("a stopped run is not claimed unless an audit promotes it", "[store]") {
  Store store(":memory:");
  const int64_t run = add_run(store, "a");
  store.finish(*store.claim("s", me), RunState::paused);
  store.stop(run, "both slopes worse");
  CHECK_FALSE(store.claim("s", me));
  store.promote(run, 2);
  CHECK(store.claim("s", me)->rung == 2);
}

TEST_CASE("a run that failed or finished is queued again at its rung; others are left alone", "[store]") {
  Store store(":memory:");
  const int64_t run = add_run(store, "a");
  CHECK_THROWS_WITH(store.retry(run), Contains("run 1 has neither failed nor finished"));
  CHECK_THROWS_WITH(store.retry(99), Contains("run 99"));
  store.finish(*store.claim("s", me), RunState::failed, "not finite");
  store.retry(run);
  CHECK(store.runs("s")[0].state == RunState::queued);
  CHECK(store.runs("s")[0].message.empty());
  store.finish(*store.claim("s", me), RunState::paused);
  store.promote(run, 1);
  store.finish(*store.claim("s", me), RunState::done);
  store.retry(run);
  CHECK(store.runs("s")[0].state == RunState::promoted);
  const auto lease = store.claim("s", me);
  REQUIRE(lease);
  CHECK(lease->rung == 1);
  CHECK_THROWS_AS(store.retry(run), StoreError);  // a worker is at it
}

TEST_CASE("a run that was given up after many deaths can be tried as often again", "[store]") {
  Store store(":memory:");
  const int64_t run = add_run(store, "deadly");
  for (int64_t i = 0; i < most_deaths_without_progress; ++i) REQUIRE(store.claim("s", hasty));
  REQUIRE_FALSE(store.claim("s", me));
  store.retry(run);
  for (int64_t i = 0; i < most_deaths_without_progress; ++i) REQUIRE(store.claim("s", hasty));
  CHECK_FALSE(store.claim("s", me));
}

TEST_CASE("a decision and its inputs are logged once", "[store]") {
  Store store(":memory:");
  const DecisionRow row{
      .run = add_run(store, "a"), .rung = 0, .rule = "slopes", .inputs_json = "{}", .verdict = "stop"};
  store.add_decision(row);
  store.add_decision(row);
  REQUIRE(store.decisions(row.run).size() == 1);
  CHECK(store.decisions(row.run)[0].verdict == "stop");
}

TEST_CASE("four processes claim four hundred runs, none twice, none lost", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    Store store(file);
    store.transaction([&] {
      for (int64_t seed = 0; seed < 400; ++seed) add_run(store, "a", seed);
    });
  }
  std::vector<pid_t> workers;
  for (int worker = 0; worker < 4; ++worker) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        claim_all(file, folder.file("log" + std::to_string(worker)));
        ::_exit(0);
      } catch (const std::exception&) {
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
  CHECK(claimed.size() == 400);
  CHECK(std::set<int64_t>(claimed.begin(), claimed.end()).size() == 400);
  CHECK(Store(file).check().empty());
}

TEST_CASE("a worker killed after its claim loses the run to the next one when the lease runs out", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    Store store(file), unused(":memory:");
    add_run(store, "a");
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    Store store(file);
    store.claim("s", {.owner = "doomed", .lease_seconds = me.lease_seconds});
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  Store store(file);
  CHECK_FALSE(store.claim("s", me));
  store.execute("UPDATE run SET lease_expires_unix_s = 1");
  const auto lease = store.claim("s", me);
  REQUIRE(lease);
  CHECK(lease->attempt == 2);
  CHECK(store.check().empty());
}
