#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("the program writes reports of a profiled database, in every format and as a page", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  REQUIRE(mdsearch("profile " + tiny_unet + " --mode quick --threads 1 --blocks --db " + database).code == 0);
  const std::vector<std::pair<std::string, std::string>> reports{{"sweep", "table"},  {"pareto", "md"},
                                                                 {"table1", "csv"},   {"table6", "json"},
                                                                 {"parity", "table"}, {"scores", "json"}};
  for (const auto& [report, format] : reports) {
    INFO(report << " " << format);
    CHECK(mdsearch("report " + report + " --format " + format + " --db " + database).code == 0);
  }
  for (const std::string report : {"sweep", "table6"}) {
    const std::string page = folder.path + "/" + report + ".html";
    CHECK(mdsearch("report " + report + " --format html --out " + page + " --db " + database).code == 0);
    CHECK(text_of_file(page).ends_with("</html>\n"));
  }
}

TEST_CASE("comparisons with other libraries are recorded from lines of JSON and reported", "[app]") {
  const ScratchFolder folder;
  const std::string database = " --db " + folder.path + "/results.db", file = folder.path + "/parity.jsonl";
  const std::string line = R"({"network": "sd15", "hash": ")" + std::string(64, 'a') +
                           R"(", "peer": "diffusers", "peer_version": "diffusers 1.0", "build": "commit abc",)" +
                           R"( "params": 859520964, "difference": 2e-06, "limit": 1e-05, "measured_unix_s": 7})";
  std::ofstream(file) << line << "\n";
  REQUIRE(mdsearch("db record-parity " + file + database).code == 0);
  const Json rows = mdsearch("report parity --format json" + database).json()["rows"];
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["difference"] == 2e-06);
  CHECK(rows[0]["ok"] == "yes");

  std::ofstream(file) << line << "\n{\"network\": 3}\n";
  const Outcome outcome = mdsearch("db record-parity " + file + database);
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Catch::Contains("parity.jsonl:2"));
  CHECK(mdsearch("db record-parity" + database).code == 2);
}

TEST_CASE("a report is not written over the database that it reads", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  REQUIRE(mdsearch("spec taesd-decoder --record --db " + database).code == 0);
  const std::string before = text_of_file(database);
  const Outcome outcome = mdsearch("report sweep --db " + database + " --out " + database);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Catch::Contains("results.db is an input of this command"));
  CHECK((text_of_file(database) == before));
}

TEST_CASE("a report refuses what is given twice and an option that it does not read", "[app]") {
  const std::string database = " --db " MDS_SOURCE_DIR "/results.db";
  CHECK(mdsearch("report sweep table1").code == 2);
  CHECK_THAT(mdsearch("report parity --format json --format csv").err, Catch::Contains("--format"));
  CHECK(mdsearch("report parity --format json --format csv").code == 2);
  CHECK(mdsearch("data show emoji --count 4 --count 5 --out x.png").code == 2);
  const Outcome unread = mdsearch("report training --network sd15" + database);
  CHECK(unread.code != 0);
  CHECK_THAT(unread.err, Catch::Contains("--network: makes no difference to the report training; it does to table1"));
  CHECK_THAT(mdsearch("report policies --sweep nonsense" + database).err,
             Catch::Contains("holds no sweep \"nonsense\""));
}
