#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"

using namespace mds;

TEST_CASE("the program writes every report of a profiled database, in every format and as a page", "[app]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  REQUIRE(mdsearch("profile " + tiny_unet + " --mode quick --threads 1 --blocks --db " + database).code == 0);
  for (const char* report : {"sweep", "pareto", "table1", "table6"}) {
    for (const char* format : {"table", "md", "csv", "json"}) {
      INFO(report << " " << format);
      CHECK(mdsearch(std::string("report ") + report + " --format " + format + " --db " + database).code == 0);
    }
    const std::string page = folder.path + "/" + report + ".html";
    CHECK(mdsearch(std::string("report ") + report + " --format html --out " + page + " --db " + database).code == 0);
    CHECK(text_of_file(page).ends_with("</html>\n"));
  }
}
