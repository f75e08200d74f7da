#include "search/store/store.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <map>

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

// Whether this process holds a lock on the file, as another process sees it.
bool is_locked(const std::string& file) {
  const pid_t child = fork();
  if (child == 0) {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    const int descriptor = ::open(file.c_str(), O_RDWR);
    _exit(descriptor >= 0 && ::fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status) == 1;
}

}  // namespace

TEST_CASE("a database that is opened twice keeps its locks, so that nobody else removes its log", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  CHECK(!is_locked(file));
  Database database(file);
  add_arch(database, arch("a"));
  CHECK(is_locked(file));
  {
    const Database again(file, StoreMode::read_only);
    CHECK(find_arch(again, arch("a").hash));
  }
  CHECK(is_locked(file));
}

TEST_CASE("a new database is one sound file of the current schema version", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    Database database(file);
  }
  const Database database(file, StoreMode::open_existing);
  CHECK(info_of(database).schema_version == schema_version());
  CHECK(problems_of(database).empty());
  for (const auto& count : info_of(database).tables)
    CHECK(count.rows == (count.table == "literature" ? int64_t(literature().size()) : 0));
}

TEST_CASE("a closed database leaves no side files, also after reading", "[store]") {
  const ScratchFolder folder;
  {
    Database database(folder.file("a.db"));
  }
  {
    runs_of(Database(folder.file("a.db"), StoreMode::read_only), "none");
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
    CHECK_THROWS_WITH(Database(file, mode), Contains(file) && Contains("found no schema version, expected version " +
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
    CHECK_THROWS_AS(Database(file, mode), EmptyDatabase);
  Database database(file);
  CHECK(sweep_names(database).empty());
}

TEST_CASE("a database of another schema version is refused with both versions and left as it was", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("future.db");
  {
    Database database(file);
  }
  const std::string next = std::to_string(schema_version() + 1);
  run_sql(file, "UPDATE schema_version SET version = " + next + " WHERE version = " + std::to_string(schema_version()));
  const std::string before = content(file);
  for (const auto mode : {StoreMode::create_or_open, StoreMode::open_existing, StoreMode::read_only})
    CHECK_THROWS_WITH(Database(file, mode), file + ": has schema version " + next + ", expected version " +
                                                std::to_string(schema_version()) +
                                                ": a later version of mdsearch made it, and is needed for it");
  CHECK(content(file) == before);
}

TEST_CASE("a database of an older version is brought up to date and keeps its rows", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("old.db");
  make_database(file, 1);
  run_sql(file, "INSERT INTO device VALUES(1, 'cpu', 'kept', 0, 0, 0, '', '{}')");
  CHECK_THROWS_WITH(Database(file, StoreMode::read_only),
                    Contains("has schema version 1, expected version ") && Contains("`mdsearch db upgrade --db FILE`"));
  Database database(file, StoreMode::open_existing);
  CHECK(info_of(database).schema_version == schema_version());
  CHECK(problems_of(database).empty());
  CHECK(remember_device(database, {.model = "kept"}) == 1);
  CHECK(latest_parity(database).empty());
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
  Database database(file, StoreMode::open_existing);
  CHECK(problems_of(database).empty());
  std::vector<std::string> found;
  for (const auto& [mode, mark, n, time] : select<std::string, std::string, int64_t, int64_t>(
           database, "SELECT mode, mark, n, measured_unix_s FROM latency_summary ORDER BY latency_run_id")) {
    found.push_back(mode + " " + mark + " " + std::to_string(n));
    CHECK(time == 5);
  }
  CHECK(found == std::vector<std::string>{"final steady 1024", "screening steady 64", "quick unchecked 9",
                                          "screening noisy 64", "screening unstable 3", "screening rejected 64"});
  CHECK_THROWS_WITH(run_sql(file, "DELETE FROM latency_sample"), Contains("append-only"));
}

TEST_CASE("a model of version 8 gets the data of the stored training of its name, stage and length", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("old.db");
  make_database(file, 8);
  const auto protocol = [&](const std::string& json) {
    run_sql(file, "INSERT INTO protocol(hash, protocol_json) VALUES('" + sha256(json) + "', '" + json + "')");
  };
  protocol("{}");
  protocol("no JSON");
  protocol(R"({"config": {"name": "a", "stage": {"kind": "base", "latents": "people"}, "loop": {"iterations": 9}}})");
  protocol(R"({"config": {"name": "b", "stage": {"kind": "autoencoder", "data": ["x", "y"]},
                          "loop": {"iterations": 9}}})");
  const auto model = [&](const std::string& name, const std::string& stage, int64_t iterations) {
    run_sql(file, "INSERT INTO model VALUES('" + sha256(name) + "', '" + name + "', '" + stage + "', " +
                      std::to_string(iterations) + ", 5, '')");
  };
  model("out/train/a/model", "base", 9);
  model("a/model", "relu", 9);
  model("out/train/b/model", "autoencoder", 9);
  model("out/train/bb/model", "autoencoder", 9);
  Database database(file, StoreMode::open_existing);
  std::map<std::string, std::string> data;
  for (const auto& row : all_models(database)) data[row.name] = row.data;
  CHECK(data == std::map<std::string, std::string>{{"out/train/a/model", "people"},
                                                   {"a/model", ""},
                                                   {"out/train/b/model", "x, y"},
                                                   {"out/train/bb/model", ""}});
  CHECK_THROWS_WITH(run_sql(file, "DELETE FROM model"), Contains("append-only"));
}

TEST_CASE("a pipeline that version 5 had as a block is a row, with its latencies and samples", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("old.db"), model = sha256("m"), network = sha256("n");
  make_database(file, 5);
  const auto block = [&](int64_t id, const std::string& json) {
    run_sql(file, "INSERT INTO block VALUES(" + std::to_string(id) + ", '" + sha256(json) + "', '" + json + "')");
    const std::string key = std::to_string(id) + ", 7";
    run_sql(file, "INSERT INTO latency_run VALUES(" + std::to_string(id) + ", 'block', " + std::to_string(id) +
                      ", NULL, 'p', 1, 1, 'fp32', 2, 1, 'final', 'steady', 5)");
    run_sql(file, "INSERT INTO latency_process VALUES(" + key + ", 1, 2, '{}')");
    run_sql(file, "INSERT INTO latency_sample VALUES(" + key + ", 0, x'0100000000000000')");
  };
  run_sql(file, "INSERT INTO device VALUES(1, 'cpu', '', 1, 0, 0, '', '{}')");
  run_sql(file, "INSERT INTO env VALUES(1, 'abc', 0, '', '', '', '', '', '{}')");
  block(1, R"({"block":{},"site":{}})");
  block(2, R"({"pipeline":{"model":")" + model + R"(","part":"text"}})");
  block(3, R"({"pipeline":{"calls":2,"model":")" + model + R"(","part":"whole","sampler":"ddim","steps":8}})");
  run_sql(file, "INSERT INTO arch VALUES(1, '" + network + "', 'n', '', 1, 1, 1, '', '', 'admitted', '', '', '', 0)");
  run_sql(file,
          "INSERT INTO latency_run VALUES(4, 'end_to_end', NULL, 1, 'p', 1, 1, 'fp32', 2, 1, 'final', 'steady', 5)");
  Database database(file, StoreMode::open_existing);
  const LatencyKey setting{.device = 1, .env = 1, .threads = 2};
  LatencyKey text = setting, whole = setting, step = setting;
  text.kind = whole.kind = LatencyKind::pipeline;
  text.pipeline = {.model = model, .part = PipelinePart::text};
  whole.pipeline = {.model = model, .part = PipelinePart::whole, .steps = 8, .calls = 2, .sampler = "ddim"};
  step.block_json = R"({"block":{},"site":{}})";
  for (const auto& key : {text, whole, step}) {
    const auto found = find_latency(database, key);
    REQUIRE(found.size() == 1);
    CHECK(found[0].samples_ns == std::vector<int64_t>{1});
    CHECK(found[0].process.number == 7);
  }
  whole.pipeline.steps = 1;
  CHECK(find_latency(database, whole).empty());
  CHECK(rows_of(database, "block") == 1);
  CHECK(rows_of(database, "latency_run") == 4);
}

TEST_CASE("a database that is not there, or lies where none can be made, is an error with its name", "[store]") {
  CHECK_THROWS_WITH(Database("none.db", StoreMode::read_only), "none.db: there is no such database");
  CHECK_THROWS_WITH(Database("/proc/none.db"), Contains("/proc/none.db: cannot be opened or created"));
  CHECK_THROWS_WITH(Database("/no/such/folder/a.db"), Contains("cannot be opened or created"));
  CHECK_THROWS_WITH(Database("/tmp"), "/tmp: is a folder; expected a database file");
}

TEST_CASE("an address that is neither a file nor a PostgreSQL server is refused before anything is made for it",
          "[store]") {
  const ScratchFolder folder;
  const auto mode = GENERATE(StoreMode::create_or_open, StoreMode::open_existing, StoreMode::read_only);
  const std::string file = folder.file("sqlite://results.db");
  CHECK_THROWS_WITH(Database(file, mode),
                    file + ": is no usable address; allowed: a file, or postgresql://USER@HOST/NAME");
  CHECK(std::filesystem::is_empty(folder.path));
}

TEST_CASE("the folder of a new database is made, folders above it are not", "[store]") {
  const ScratchFolder folder;
  CHECK_NOTHROW(Database(folder.file("out/results.db")));
  CHECK_THROWS_AS(Database(folder.file("a/b/results.db")), StoreError);
  CHECK_FALSE(std::filesystem::exists(folder.file("a")));
}

TEST_CASE("network file systems are told from local ones by their statfs type", "[store]") {
  CHECK(is_network_filesystem(0x6969));            // NFS
  CHECK(is_network_filesystem(0x0bd00bd0));        // Lustre
  CHECK(is_network_filesystem(0x47504653));        // GPFS
  CHECK(is_network_filesystem(0x01021997));        // 9P
  CHECK_FALSE(is_network_filesystem(0xef53));      // ext4
  CHECK_FALSE(is_network_filesystem(0x794c7630));  // overlayfs
}

TEST_CASE("a store opened for reading refuses to write", "[store]") {
  const ScratchFolder folder;
  {
    Database database(folder.file("a.db"));
  }
  Database database(folder.file("a.db"), StoreMode::read_only);
  CHECK_THROWS_WITH(add_sweep(database, "s", "{}"), Contains("is opened for reading only"));
  CHECK_THROWS_WITH(database.execute("DELETE FROM sweep"), Contains("is opened for reading only"));
}

TEST_CASE("a full disk loses the write that met it and nothing else", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    Database database(file);
    add_sweep(database, "first", "{}");
    const int64_t pages = std::get<0>(select<int64_t>(database, "PRAGMA page_count").front());
    select<int64_t>(database, "PRAGMA max_page_count = " + std::to_string(pages));
    CHECK_THROWS_WITH(add_sweep(database, "second", std::string(100'000, 'x')),
                      Contains(file) && Contains("the disk is full"));
    add_sweep(database, "third", "{}");
  }
  Database database(file);
  CHECK(problems_of(database).empty());
  CHECK(rows_of(database, "sweep") == 2);
}

TEST_CASE("a transaction keeps all of its writes or none", "[store]") {
  Database database(fresh_store());
  CHECK_THROWS_AS(database.transaction([&] {
    add_arch(database, arch("a"));
    ensure_run(database, {.sweep = "unknown", .arch = arch("a").hash});
  }),
                  StoreError);
  CHECK_FALSE(find_arch(database, "a"));
}

TEST_CASE("a database whose version was overwritten is refused with what to do", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    const Database made(file);
  }
  run_sql(file, "DELETE FROM schema_version");
  for (const auto mode : {StoreMode::open_existing, StoreMode::read_only})
    CHECK_THROWS_WITH(Database(file, mode), Contains("has lost its schema version; put a copy in its place"));
}

TEST_CASE("check names the table of a page that was overwritten", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  {
    Database database(file);
    for (int i = 0; i < 200; ++i) add_arch(database, arch("a" + std::to_string(i)));
  }
  int64_t page = 0;
  {
    const Database database(file, StoreMode::read_only);
    page = std::get<0>(select<int64_t>(database, "SELECT rootpage FROM sqlite_master WHERE name = 'arch'").front());
  }
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
      .seekp((page - 1) * 4096)
      .write(std::string(2048, '\xa5').data(), 2048);
  const Database damaged(file, StoreMode::read_only);
  const auto problems = problems_of(damaged);
  REQUIRE(!problems.empty());
  CHECK_THAT(problems[0], Contains("table arch: "));
  CHECK_THROWS_WITH(find_arch(damaged, "a7"),
                    Contains("is damaged (") && Contains("`mdsearch db check` lists the damage"));
}

TEST_CASE("check finds a row whose hash is not that of its text", "[store]") {
  const ScratchFolder folder;
  {
    Database database(folder.file("a.db"));
    add_arch(database, arch("a"));
  }
  run_sql(folder.file("a.db"), "UPDATE arch SET spec_json = '{}'");
  const auto problems = problems_of(Database(folder.file("a.db"), StoreMode::read_only));
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0], Contains("arch " + arch("a").hash));
}

TEST_CASE("check finds text where a number belongs, and a number without end", "[store]") {
  const ScratchFolder folder;
  {
    Database database(folder.file("a.db"));
    add_arch(database, arch("a"));
    add_arch(database, arch("b"));
  }
  run_sql(folder.file("a.db"), "UPDATE arch SET params = 'many', macs = 9e999 WHERE name = 'a'");
  const auto problems = problems_of(Database(folder.file("a.db"), StoreMode::read_only));
  REQUIRE(problems.size() == 2);
  CHECK(problems[0] == "table arch: params is no finite number in 1 of its rows");
  CHECK_THAT(problems[1], Contains("macs is no finite number"));
}

TEST_CASE("a durable transaction is flushed, and what comes after it is as fast as before, also if it fails",
          "[store]") {
  const ScratchFolder folder;
  Database database(folder.file("a.db"));
  const auto level = [&] { return std::get<0>(select<int64_t>(database, "PRAGMA synchronous").front()); };
  const int64_t before = level();
  int64_t inside = 0;
  database.durably([&] {
    inside = level();
    add_sweep(database, "s", "{}");
  });
  CHECK(inside == 2);  // FULL: each commit is flushed
  CHECK(level() == before);
  CHECK(sweep_names(database) == std::vector<std::string>{"s"});
  CHECK_THROWS_AS(database.durably([&] {
    add_sweep(database, "t", "{}");
    throw StoreError("a failure");
  }),
                  StoreError);
  CHECK(level() == before);
  CHECK(sweep_names(database).size() == 1);
}
