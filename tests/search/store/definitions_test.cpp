#include "search/store/definitions.h"

#include "spec/error.h"
#include "tests/catch.h"
#include "tests/search/store/old_database.h"
#include "tests/search/store/sample.h"

using Catch::Contains;
using namespace mds;
using namespace mds::test;

namespace {

constexpr const char* endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";

// Why a database on which the statements were run is refused, whether it is to be read or written.
void check_refused(const std::string& statements, const std::string& why) {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  Database{file};
  run_sql(file, statements);
  for (const StoreMode mode : {StoreMode::read_only, StoreMode::open_existing})
    CHECK_THROWS_WITH(Database(file, mode), Contains(file + ": ") && Contains(why));
}

}  // namespace

TEST_CASE("a file whose tables, views or triggers another program made in place of ours is refused", "[store]") {
  check_refused(std::string("DROP VIEW run_summary; CREATE VIEW run_summary AS ") + endless, "its view run_summary");
  check_refused(std::string("DROP TABLE score; CREATE VIEW score AS ") + endless, "its view score");
  check_refused("DROP TABLE score; CREATE TABLE score(score_id, x AS (hex(zeroblob(1000000000))))", "its table score");
  check_refused("CREATE TRIGGER mine AFTER INSERT ON run BEGIN DELETE FROM metric; END", "its trigger mine");
  check_refused(std::string("DROP TABLE schema_version; CREATE VIEW schema_version AS ") + endless,
                "is a database of another program");
}

TEST_CASE("what somebody added to a database beside our tables does not matter", "[store]") {
  const ScratchFolder folder;
  const std::string file = folder.file("a.db");
  Database{file};
  run_sql(file, "CREATE VIEW mine AS SELECT name FROM sweep; CREATE TABLE notes(x); CREATE INDEX i ON sweep(name)");
  CHECK_NOTHROW(Database(file, StoreMode::read_only));
  CHECK_NOTHROW(Database(file, StoreMode::open_existing));
}
