#include "experiments/report_text.h"

#include "tests/catch.h"
#include "tests/scratch_folder.h"

using namespace mds;
using Catch::Contains;

TEST_CASE("a report's format follows its output's ending, and must not contradict it", "[experiments]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  Database(database, StoreMode::create_or_open);
  const ReportRequest request{.name = "sweep", .database = database, .out = folder.path + "/a.json", .format = ""};
  CHECK_FALSE(json_or_null(report_text(request)).is_null());
  ReportRequest other = request;
  other.format = "csv";
  CHECK_THROWS_WITH(report_text(other), Contains("ends in .json, `format` is csv"));
  other.out = "";
  CHECK(json_or_null(report_text(other)).is_null());
}

TEST_CASE("a report is not written over its database, nor a page without a file", "[experiments]") {
  const ScratchFolder folder;
  const std::string database = folder.path + "/results.db";
  Database(database, StoreMode::create_or_open);
  CHECK_THROWS_WITH(report_text({.name = "sweep", .database = database, .out = database, .format = ""}),
                    Contains("is an input of this command"));
  CHECK_THROWS_WITH(report_text({.name = "sweep", .database = database, .out = "", .format = "html"}),
                    Contains("needs `out` FILE"));
  ReportRequest pictures{.name = "sweep", .database = database, .out = "", .format = "md"};
  pictures.page.picture_files = {"a.png"};
  CHECK_THROWS_WITH(report_text(pictures), Contains("needs `format` html"));
}
