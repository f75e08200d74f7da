#include "search/store/store.h"

#include <array>
#include <fstream>

#include "search/store/empty_database.h"
#include "search/store/literature.h"
#include "search/store/schema.h"
#include "search/store/select.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/old_database.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a new database is one sound file of the current schema version", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    Store store(file);
  }
  const Store store(file, StoreMode::open_existing);
  CHECK(store.info().schema_version == schema_version());
  CHECK(store.check().empty());
  for (const auto& count : store.info().tables)
    CHECK(count.rows == (count.table == "literature" ? int64_t(literature().size()) : 0));
}

TEST_CASE("a closed database leaves no side files, also after reading", "[store]") {
  const ScratchFolder folder;
  {
    Store store(folder.file("a.db"));
  }
  {
    Store(folder.file("a.db"), StoreMode::read_only).runs("none");
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 1);
}

TEST_CASE("a file that is no database, or another program's, is refused and left as it was", "[store]") {
  const ScratchFolder folder;
  const auto mode = GENERATE(StoreMode::create_or_open, StoreMode::open_existing, StoreMode::read_only);
  std::ofstream(folder.file("text.db")) << "these are not the bytes of a database";
  run_sql(folder.file("foreign.db"), "CREATE TABLE recipe(name TEXT)");
  for (const std::string name : {"text.db", "foreign.db"}) {
    const std::string file = folder.file(name), before = content(file);
    CHECK_THROWS_WITH(Store(file, mode), Contains(file) && Contains("found no schema version, expected version " +
                                                                    std::to_string(schema_version())));
    CHECK(content(file) == before);
  }
}

TEST_CASE("a database without a table, as a process leaves it that is killed at the start, is told from others",
          "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("begun.db");
  SECTION("an empty file") { std::ofstream(file).flush(); }
  SECTION("a file with a journal mode alone") { run_sql(file, "PRAGMA journal_mode = WAL"); }
  for (const StoreMode mode : {StoreMode::open_existing, StoreMode::read_only})
    CHECK_THROWS_AS(Store(file, mode), EmptyDatabase);
  Store store(file);
  CHECK(store.sweeps().empty());
}

TEST_CASE("a database of another schema version is refused with both versions and left as it was", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("future.db");
  {
    Store store(file);
  }
  run_sql(file, "UPDATE schema_version SET version = 7 WHERE version = " + std::to_string(schema_version()));
  const std::string before = content(file);
  for (const auto mode : {StoreMode::create_or_open, StoreMode::open_existing, StoreMode::read_only})
    CHECK_THROWS_WITH(Store(file, mode),
                      file + ": has schema version 7, expected version " + std::to_string(schema_version()));
  CHECK(content(file) == before);
}

TEST_CASE("a database of an older version is brought up to date and keeps its rows", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("old.db");
  make_database(file, 1);
  run_sql(file, "INSERT INTO device VALUES(1, 'cpu', 'kept', 0, 0, 0, '', '{}')");
  CHECK_THROWS_WITH(Store(file, StoreMode::read_only),
                    Contains("has schema version 1, expected version ") && Contains("`mdsearch db upgrade --db FILE`"));
  Store store(file, StoreMode::open_existing);
  CHECK(store.info().schema_version == schema_version());
  CHECK(store.check().empty());
  CHECK(store.remember_device({.model = "kept"}) == 1);
  CHECK(store.latest_parity().empty());
}

TEST_CASE("a latency of version 4 keeps its samples and gets a mode: quick where a process took at most 9", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("old.db");
  make_database(file, 4);
  run_sql(file, "INSERT INTO device VALUES(1, 'cpu', '', 1, 0, 0, '', '{}')");
  run_sql(file, "INSERT INTO env VALUES(1, 'abc', 0, '', '', '', '', '', '{}')");
  run_sql(file, "INSERT INTO block VALUES(1, '" + sha256("{}") + "', '{}')");
  int64_t id = 0;
  for (const std::string mark : {"final", "screening", "noisy", "unstable", "rejected"})
    run_sql(file, "INSERT INTO latency_run VALUES(" + std::to_string(++id) +
                      ", 'block', 1, NULL, 'p', 1, 1, 'fp32', 1, " + "1, '" + mark + "', 5)");
  // The latency marked screening has a process of 9 samples and one of 64.
  for (const auto& [run, process, samples] :
       std::vector<std::array<int, 3>>{{1, 1, 1024}, {2, 1, 9}, {2, 2, 64}, {3, 1, 64}, {4, 1, 3}, {5, 1, 64}}) {
    const std::string key = std::to_string(run) + ", " + std::to_string(process);
    run_sql(file, "INSERT INTO latency_process VALUES(" + key + ", 1, 2, '{}')");
    run_sql(file, "INSERT INTO latency_sample VALUES(" + key + ", 0, zeroblob(" + std::to_string(8 * samples) + "))");
  }
  Store store(file, StoreMode::open_existing);
  CHECK(store.check().empty());
  std::vector<std::string> found;
  for (const auto& [mode, mark, n, time] : select<std::string, std::string, int64_t, int64_t>(
           store, "SELECT mode, mark, n, measured_unix_s FROM latency_summary ORDER BY latency_run_id")) {
    found.push_back(mode + " " + mark + " " + std::to_string(n));
    CHECK(time == 5);
  }
  CHECK(found == std::vector<std::string>{"final steady 1024", "screening steady 64", "quick unchecked 9",
                                          "screening noisy 64", "screening unstable 3", "screening rejected 64"});
  CHECK_THROWS_WITH(run_sql(file, "DELETE FROM latency_sample"), Contains("append-only"));
}

TEST_CASE("a database that is not there, or lies where none can be made, is an error with its name", "[store]") {
  CHECK_THROWS_WITH(Store("none.db", StoreMode::read_only), "none.db: there is no such database");
  CHECK_THROWS_WITH(Store("/proc/none.db"), Contains("/proc/none.db: cannot be opened or created"));
  CHECK_THROWS_WITH(Store("/no/such/folder/a.db"), Contains("cannot be opened or created"));
  CHECK_THROWS_WITH(Store("/tmp"), "/tmp: is a folder; expected a database file");
}

TEST_CASE("the address of a server is refused before anything is made for it", "[store]") {
  const ScratchFolder folder;
  const auto mode = GENERATE(StoreMode::create_or_open, StoreMode::open_existing, StoreMode::read_only);
  for (const std::string address : {"postgresql://host/results", "sqlite://results.db"}) {
    const std::string file = folder.file(address);
    CHECK_THROWS_WITH(Store(file, mode), file + ": PostgreSQL and other servers are not supported yet; give a file");
  }
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("the folder of a new database is made, folders above it are not", "[store]") {
  const ScratchFolder folder;
  CHECK_NOTHROW(Store(folder.file("out/results.db")));
  CHECK_THROWS_AS(Store(folder.file("a/b/results.db")), StoreError);
  CHECK_FALSE(std::filesystem::exists(folder.file("a")));
}

TEST_CASE("network file systems are told from local ones by their statfs type", "[store]") {
  CHECK(dialect::is_network_filesystem(0x6969));            // NFS
  CHECK(dialect::is_network_filesystem(0x0bd00bd0));        // Lustre
  CHECK(dialect::is_network_filesystem(0x47504653));        // GPFS
  CHECK_FALSE(dialect::is_network_filesystem(0xef53));      // ext4
  CHECK_FALSE(dialect::is_network_filesystem(0x794c7630));  // overlayfs
}

TEST_CASE("a store opened for reading refuses to write", "[store]") {
  const ScratchFolder folder;
  {
    Store store(folder.file("a.db"));
  }
  Store store(folder.file("a.db"), StoreMode::read_only);
  CHECK_THROWS_WITH(store.add_sweep("s", "{}"), Contains("is opened for reading only"));
}

TEST_CASE("a full disk loses the write that met it and nothing else", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    Store store(file);
    store.add_sweep("first", "{}");
    const int64_t pages = std::get<0>(select<int64_t>(store, "PRAGMA page_count").front());
    select<int64_t>(store, "PRAGMA max_page_count = " + std::to_string(pages));
    CHECK_THROWS_WITH(store.add_sweep("second", std::string(100'000, 'x')),
                      Contains(file) && Contains("the disk is full"));
    store.add_sweep("third", "{}");
  }
  Store store(file);
  CHECK(store.check().empty());
  CHECK(rows_of(store, "sweep") == 2);
}

TEST_CASE("a transaction keeps all of its writes or none", "[store]") {
  Store store(":memory:");
  CHECK_THROWS_AS(store.transaction([&] {
    store.add_arch(arch("a"));
    store.ensure_run({.sweep = "unknown", .arch = arch("a").hash});
  }),
                  StoreError);
  CHECK_FALSE(store.find_arch("a"));
}

TEST_CASE("check finds a row whose hash is not that of its text", "[store]") {
  const ScratchFolder folder;
  {
    Store(folder.file("a.db")).add_arch(arch("a"));
  }
  run_sql(folder.file("a.db"), "UPDATE arch SET spec_json = '{}'");
  const auto problems = Store(folder.file("a.db"), StoreMode::read_only).check();
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0], Contains("arch " + arch("a").hash));
}

TEST_CASE("a durable transaction is flushed, and what comes after it is as fast as before, also if it fails",
          "[store]") {
  const ScratchFolder folder;
  Store store(folder.file("a.db"));
  const auto level = [&] { return std::get<0>(select<int64_t>(store, "PRAGMA synchronous").front()); };
  const int64_t before = level();
  int64_t inside = 0;
  store.durably([&] {
    inside = level();
    store.add_sweep("s", "{}");
  });
  CHECK(inside == 2);  // FULL: each commit is flushed
  CHECK(level() == before);
  CHECK(store.sweeps() == std::vector<std::string>{"s"});
  CHECK_THROWS_AS(store.durably([&] {
    store.add_sweep("t", "{}");
    throw StoreError("a failure");
  }),
                  StoreError);
  CHECK(level() == before);
  CHECK(store.sweeps().size() == 1);
}
