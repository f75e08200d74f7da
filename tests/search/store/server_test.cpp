// What holds of a database on a server alone; on_postgresql.sh starts one and runs the cases that are hidden without
// it.
#include <soci/soci.h>

#include <chrono>
#include <thread>

#include "search/store/merge.h"
#include "search/store/schema.h"
#include "search/store/select.h"
#include "search/store/store.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

// Ends the connections of all others, as a restart of the server or of the network does.
void cut_others() {
  soci::session("postgresql", std::getenv("MDSEARCH_TEST_SERVER"))
      << "DO 'BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
         "backend_type = ''client backend''; END'";
}

// All cells of all tables, in the order in which they were added.
std::vector<std::string> rows_in(const Database& database) {
  std::vector<std::string> rows;
  for (const auto& table : tables()) {
    Query query{};
    std::string order;
    for (const auto& column : table.columns) {
      query.sql += (query.sql.empty() ? "SELECT " : ", ") + column.name;
      query.types.push_back(column.type);
      if (column.traits.key) order += (order.empty() ? " ORDER BY " : ", ") + column.name;
    }
    query.sql +=
        " FROM " + table.name() + (table.traits.storage == Storage::numbered ? " ORDER BY " + table.number() : order);
    database.query(query, [&](const std::vector<Value>& cells) {
      std::string row = table.name();
      for (const auto& cell : cells)
        row += "|" + std::visit(
                         []<class T>(const T& value) -> std::string {
                           if constexpr (std::is_same_v<T, std::monostate>)
                             return "NULL";
                           else if constexpr (std::is_same_v<T, std::string>)
                             return value;
                           else if constexpr (std::is_same_v<T, Bytes>)
                             return "bytes " + value.data;
                           else
                             return Json(value).dump();
                         },
                         cell);
      rows.push_back(row);
    });
  }
  return rows;
}

void fill(Database& database) {
  for (const char* name : {"a", "b"}) {
    const int64_t run = add_run(database, name);
    add_metric(database, run, {.iteration = 1, .name = "loss", .value = 0.1, .low = 1e-300, .high = 1.0 / 3});
    add_evaluation_sample(database, run, {.iteration = 1, .name = "clip_emoji", .samples = {0.5f, -1e-30f}});
    add_picture(database, run,
                {.iteration = 1, .bytes = std::string("\0\xff\\x", 4), .prompt = "a \"red\" 'heart': \u2764"});
    add_decision(database, {.run = run, .rule = "r/1", .inputs_json = "{}", .verdict = "stop"});
  }
  add_latency(database, latency(database));
}

}  // namespace

TEST_CASE("a copy by way of a server has the rows of a copy from file to file", "[store]") {
  const ScratchFolder folder;
  {
    Database database(folder.file("first.db"));
    fill(database);
  }
  Database direct(folder.file("direct.db")), server(folder.store("server")), back(folder.file("back.db"));
  copy(direct, folder.file("first.db"));
  copy(server, folder.file("first.db"));
  CHECK(problems_of(server).empty());
  copy(back, folder.store("server"));
  CHECK(rows_in(back) == rows_in(direct));
  CHECK(rows_in(back).size() > 15);
  CHECK_THROWS_WITH(copy(back, folder.file("first.db")), Contains("holds rows already"));
  merge(back, folder.store("server"));
  CHECK(rows_in(back) == rows_in(direct));
}

TEST_CASE("a statement after the server cut its connection runs over a new one", "[store][.server]") {
  Database database(fresh_store());
  add_sweep(database, "s", "{}");
  cut_others();
  CHECK(sweep_names(database) == std::vector<std::string>{"s"});
  cut_others();
  CHECK(database.execute("UPDATE sweep SET config_json = '[]'") == 1);
}

TEST_CASE("a transaction that lost its server runs again, and leaves its writes once", "[store][.server]") {
  Database database(fresh_store());
  int tries = 0;
  database.transaction([&] {
    add_sweep(database, "s" + std::to_string(tries), "{}");
    if (++tries == 1) cut_others();
    add_sweep(database, "t", "{}");
  });
  CHECK(tries == 2);
  CHECK(sweep_names(database) == std::vector<std::string>{"s1", "t"});
}

TEST_CASE("a transaction in one database ends where the server of another is lost", "[store][.server]") {
  const ScratchFolder folder;
  const std::string server = fresh_store();
  {
    const Database made(server);
  }
  Database ours(folder.file("ours.db"));
  const Database theirs(server, StoreMode::read_only);
  int tries = 0;
  CHECK_THROWS_WITH(theirs.snapshot([&] {
    ours.transaction([&] {
      if (++tries == 1) cut_others();
      add_sweep(ours, "s", "{}");
      sweep_names(theirs);
    });
  }),
                    Contains("postgresql://"));
  CHECK(tries == 1);
  CHECK(sweep_names(ours).empty());
  CHECK(sweep_names(theirs).empty());
}

TEST_CASE("a server flushes what it confirms, also where its own setting is another", "[store][.server]") {
  Database database(fresh_store() + "%20-csynchronous_commit%3Doff");
  const auto setting = [&] { return std::get<0>(select<std::string>(database, "SHOW synchronous_commit").front()); };
  CHECK(setting() == "on");
  database.durably([&] { add_sweep(database, "s", "{}"); });
  CHECK(setting() == "on");
}

TEST_CASE("a write waits for a claim of the same run, and is refused after it", "[store][.server]") {
  const std::string store = fresh_store();
  Database one(store), other(store);
  const int64_t run = add_run(one, "a");
  const Lease lease = take(one, run, {.owner = "one", .lease_seconds = 0});
  one.row_transaction([&] {
    require_writable_run(one, lease);
    other.execute("SET lock_timeout = '200ms'");
    CHECK_THROWS_WITH(take(other, run, {.owner = "other"}), Contains("is locked by another process"));
  });
  take(other, run, {.owner = "other"});
  CHECK_THROWS_AS(heartbeat(one, lease), LeaseLost);
}

TEST_CASE("two transactions that decide on many rows follow each other, and claims go on beside them",
          "[store][.server]") {
  const std::string store = fresh_store();
  Database one(store), other(store);
  add_run(one, "a");
  one.transaction([&] {
    other.execute("SET lock_timeout = '200ms'");
    CHECK_THROWS_WITH(other.transaction([&] { add_sweep(other, "x", "{}"); }),
                      Contains("is locked by another process"));
    CHECK(claim(other, "s", {.owner = "other"}));
  });
}

TEST_CASE("what a server refuses is told in its own words", "[store][.server]") {
  const std::string store = fresh_store();
  Database database(store);
  CHECK_THROWS_WITH(database.execute("UPDATE nothing SET a = 1"),
                    database.file() + ": relation \"nothing\" does not exist");
}

TEST_CASE("leases end by the clock of the server", "[store][.server]") {
  const Database database(fresh_store());
  CHECK(database.now() ==
        std::get<0>(select<int64_t>(database, "SELECT CAST(floor(extract(epoch FROM now())) AS bigint)")[0]));
}

TEST_CASE("a server's database that cannot be opened is named without the password, with what the server said",
          "[store][.server]") {
  const std::string server = std::getenv("MDSEARCH_TEST_SERVER"), host = server.substr(server.find('?'));
  CHECK_THROWS_WITH(
      Database("postgresql://mds:secret@/none" + host),
      Contains("postgresql://mds@/none") && Contains("database \"none\" does not exist") && !Contains("secret"));
  CHECK_THROWS_WITH(Database("postgresql://nobody:secret@/mds" + host),
                    Contains("role \"nobody\" does not exist") && !Contains("secret"));
  CHECK_THROWS_WITH(Database("postgresql://nobody@/mds" + host + "&password=secret"),
                    Contains("role \"nobody\" does not exist") && !Contains("secret"));
}

TEST_CASE("an address needs no parameters", "[store][.server]") {
  const std::string server = std::getenv("MDSEARCH_TEST_SERVER");
  std::string host;
  for (const char c : server.substr(server.find("host=") + 5)) host += c == '/' ? "%2F" : std::string(1, c);
  CHECK_NOTHROW(Database("postgresql://mds@" + host + "/mds"));
}

TEST_CASE("a server with too many clients is asked until one of them has left", "[store][.server]") {
  std::string address = fresh_store();
  soci::session server("postgresql", std::getenv("MDSEARCH_TEST_SERVER"));
  server << "CREATE ROLE guest LOGIN CONNECTION LIMIT 0";
  address.replace(address.find("//mds@"), 6, "//guest@");
  std::jthread leaves([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    server << "ALTER ROLE guest CONNECTION LIMIT 1";
  });
  CHECK_THROWS_WITH(Database(address, StoreMode::open_existing), Contains("holds no results"));
}

TEST_CASE("a server that does not answer is asked for ten seconds", "[store][slow]") {
  CHECK_THROWS_WITH(Database("postgresql://mds:secret@localhost:1/mds"), Contains("does not answer, asked for 10 s") &&
                                                                             Contains("Connection refused") &&
                                                                             !Contains("secret"));
}

TEST_CASE("a schema that holds nothing, or another program's tables, is told from a database of results",
          "[store][.server]") {
  const std::string empty = fresh_store(), foreign = fresh_store();
  CHECK_THROWS_WITH(Database(empty, StoreMode::open_existing), Contains("holds no results"));
  soci::session("postgresql", foreign) << "CREATE TABLE recipe(name text)";
  CHECK_THROWS_WITH(Database(foreign), Contains("is a database of another program"));
  {
    Database(empty).execute("UPDATE schema_version SET version = 99");
  }
  CHECK_THROWS_WITH(Database(empty), Contains("has schema version 99") && Contains("a later version of mdsearch"));
  soci::session("postgresql", empty) << "UPDATE schema_version SET version = 8";
  for (const auto mode : {StoreMode::open_existing, StoreMode::read_only})
    CHECK_THROWS_WITH(Database(empty, mode), Contains("has schema version 8") && Contains("cannot be brought up"));
}
