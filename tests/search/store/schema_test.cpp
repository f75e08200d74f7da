// Tables, INSERT and SELECT that follow from the descriptions of rows.
#include "search/store/schema.h"

#include <filesystem>
#include <fstream>
#include <regex>

#include "search/store/row.h"
#include "search/store/select.h"
#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/old_database.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

enum class Colour : uint8_t { red, blue };

// A row of every kind of column.
struct Toy {
  std::string owner{}, first{}, second{}, bytes{};
  std::optional<double> low{};
  Colour colour = Colour::red;
  bool old = false;
  std::vector<int64_t> samples{};
  int64_t toy = 0;

  static constexpr TableTraits table{.name = "toy", .append_only = true, .check = "first <> second"};
  static void columns(auto& self, auto&& column) {
    column("toy_id", self.toy, {.number = true});
    column("sweep_id", self.owner, {.nullable = true, .parent = "sweep", .by = "name"});
    column("first", self.first, {.key = true});
    column("second", self.second, {.fallback = "'none'"});
    column("bytes", self.bytes, {.bytes = true});
    column("low", self.low);
    column("colour", self.colour);
    column("old", self.old);
    column("samples", self.samples);
  }
  bool operator==(const Toy&) const = default;
};

// A row whose key has a part that may be absent.
struct Keyed {
  int64_t device = 0;
  std::string name{};
  static constexpr TableTraits table{.name = "keyed"};
  static void columns(auto& self, auto&& column) {
    column("device_id", self.device, {.key = true, .nullable = true, .parent = "device"});
    column("name", self.name, {.key = true});
  }
};

// The same columns in another order.
struct Swapped {
  std::string second{}, first{};
  static void columns(auto& self, auto&& column) {
    column("second", self.second);
    column("first", self.first);
  }
};

// What the file says of its tables, triggers, indices and views, with spaces alike.
std::vector<std::string> schema_of(const Database& database) {
  std::vector<std::string> lines;
  for (const auto& [type, name, sql] : select<std::string, std::string, std::string>(
           database, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"))
    lines.push_back(type + " " + name + ": " + std::regex_replace(sql, std::regex("\\s+"), " "));
  return lines;
}

}  // namespace

template <>
struct mds::EnumNames<Colour> {
  static constexpr std::array names{"red", "blue"};
};

TEST_CASE("a new database and a migrated one have the same tables, keys, checks, triggers and views", "[store]") {
  const ScratchFolder folder;
  const int64_t version = GENERATE(range(int64_t{1}, schema_version()));
  make_database(folder.file("old.db"), version);
  const Database made(folder.file("new.db")), migrated(folder.file("old.db"));
  CHECK(schema_of(made) == schema_of(migrated));
  CHECK(made.version() == migrated.version());
}

TEST_CASE("a row that is described once is created, inserted once and read by that", "[store]") {
  Database database(fresh_store());
  database.execute(database.dialect().create_table(table_of<Toy>()));
  add_sweep(database, "s", "{}");
  const Toy row{.owner = "s",
                .first = "a",
                .second = "b",
                .bytes = std::string("\0x", 2),
                .low = 0.5,
                .colour = Colour::blue,
                .old = true,
                .samples = {-1, int64_t{1} << 62},
                .toy = 1};
  for (int i = 0; i < 2; ++i) CHECK(insert_numbered(database, row) == 1);
  REQUIRE(stored_rows<Toy>(database, "").size() == 1);
  CHECK(stored_rows<Toy>(database, "WHERE first = :first", "a").front() == row);
  const auto swapped = query_rows<Swapped>(database, "FROM toy").front();
  CHECK(swapped.first == "a");
  CHECK(swapped.second == "b");
}

TEST_CASE("what a row has not is NULL and comes back as nothing", "[store]") {
  Database database(fresh_store());
  database.execute(database.dialect().create_table(table_of<Toy>()));
  insert(database, Toy{.first = "a"});
  CHECK(stored_rows<Toy>(database, "WHERE sweep_id IS NULL AND low IS NULL").size() == 1);
  CHECK(stored_rows<Toy>(database, "").front() == Toy{.first = "a", .toy = 1});
}

TEST_CASE("a key of which a part is absent still tells rows apart, and equal ones are one", "[store]") {
  Database database(fresh_store());
  database.execute(database.dialect().create_table(table_of<Keyed>()));
  database.execute(database.dialect().create_key_index(table_of<Keyed>()));
  const int64_t device = remember_device(database, {}), one = insert_numbered(database, Keyed{.name = "a"});
  CHECK(insert_numbered(database, Keyed{.name = "a"}) == one);
  CHECK(insert_numbered(database, Keyed{.device = device, .name = "a"}) != one);
  CHECK_FALSE(find_row(database, Keyed{.name = "b"}));
}

TEST_CASE("a described row is checked: what it refers to, its enumerations, what must hold", "[store]") {
  Database database(fresh_store());
  database.execute(database.dialect().create_table(table_of<Toy>()));
  CHECK_THROWS_WITH(insert(database, Toy{.owner = "unknown", .first = "a"}),
                    Contains("holds no sweep with name unknown"));
  CHECK_THROWS_WITH(insert(database, Toy{.first = "a", .second = "a"}),
                    Contains("CHECK constraint failed") || Contains("violates check constraint"));
  CHECK_THROWS_WITH(
      database.execute("INSERT INTO toy(first, bytes, colour, old, samples) VALUES('a', '', 'green', 0, '')"),
      Contains("colour"));
}

// One dialect says what differs between databases. Migrations are SQLite's history.
TEST_CASE("only the dialect has statements that SQLite alone knows", "[store]") {
  const std::regex own(
      "sqlite_|PRAGMA|pragma_|WITHOUT ROWID|\\browid\\b|RAISE\\(|ATTACH |INSERT OR |IMMEDIATE|last_insert_rowid|"
      "changes\\(\\)|json_(extract|each|type|object|valid)|strftime|zeroblob|\\btemp\\.|\\bGLOB\\b");
  const std::regex comment("\\s*//.*");
  int files = 0;
  for (const std::string folder : {"search", "search/store", "reports"})
    for (const auto& entry : std::filesystem::directory_iterator(std::string(MDS_SOURCE_DIR "/") + folder)) {
      const std::string name = entry.path().filename().string(), stem = entry.path().stem().string();
      if (!entry.is_regular_file() || stem.starts_with("dialect") || stem == "migrations") continue;
      std::ifstream in(entry.path());
      ++files;
      for (std::string line; std::getline(in, line);) {
        INFO(folder << "/" << name << ": " << line);
        CHECK((std::regex_match(line, comment) || !std::regex_search(line, own)));
      }
    }
  CHECK(files > 50);
}
