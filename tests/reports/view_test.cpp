#include "reports/view.h"

#include <stdlib.h>

#include <sstream>

#include "reports/table.h"
#include "spec/error.h"
#include "tests/catch.h"

using Catch::Contains;
using namespace mds;

namespace {

size_t widest_line(const std::string& text) {
  std::istringstream lines(text);
  size_t widest = 0;
  for (std::string line; std::getline(lines, line);)
    widest = std::max(
        widest, size_t(std::count_if(line.begin(), line.end(), [](unsigned char c) { return (c & 0xc0) != 0x80; })));
  return widest;
}

Table wide() {
  return {.title = "Scores of some networks that were trained",
          .columns = {{.name = "name", .weight = Weight::identity},
                      {.name = "score", .header = "score ↓", .digits = 2, .weight = Weight::identity},
                      interval_column("score_interval"),
                      {.name = "ms", .header = "latency ms", .digits = 1, .weight = Weight::major},
                      {.name = "seen", .header = "images seen", .weight = Weight::minor},
                      {.name = "n", .weight = Weight::least},
                      {.name = "device", .weight = Weight::minor}},
          .rows = {{"first", 2.0, "[1.00, 3.00]", 20.0, 1000, 64, "a processor with a very long name, 2 GHz"},
                   {"second", 1.0, "[0.50, 2.00]", nullptr, 2000, 64, "another"}},
          .footnotes = {"One sentence about scores. Another sentence that is longer than the first one was."}};
}

std::string text_at(size_t width) { return to_text(wide(), Format::table, {.width = width}); }

}  // namespace

TEST_CASE("a table that fits is shown whole, and a wider one loses its least telling columns with a note",
          "[reports]") {
  CHECK_THAT(text_at(200), !Contains("Left out") && Contains("a processor with a very long name, 2 GHz"));
  for (size_t width = 30; width < 120; ++width) {
    INFO(width);
    const std::string text = text_at(width);
    CHECK(widest_line(text) <= width);
    CHECK_THAT(text, Contains("first") && Contains("score"));
  }
  CHECK_THAT(text_at(42), Contains("Left out to fit 42 columns: ") && Contains("device; name columns") &&
                              Contains("latency") && !Contains("1000"));
}

TEST_CASE("an interval never stands without its score, and no other format is narrowed", "[reports]") {
  Table table = wide();
  table.columns[1].weight = Weight::least;
  for (size_t width = 20; width < 120; ++width) {
    const std::string text = to_text(table, Format::table, {.width = width});
    if (text.find("[1.00") != text.npos) CHECK_THAT(text, Contains("score"));
  }
  for (const Format format : {Format::md, Format::csv, Format::json})
    CHECK(to_text(wide(), format, {.width = 20}) == to_text(wide(), format, {.width = 500}));
}

TEST_CASE("long texts are cut with an ellipsis where nothing else can go", "[reports]") {
  const Table table{
      .columns = {{.name = "name", .weight = Weight::identity}}, .rows = {{std::string(300, 'x')}}, .footnotes = {}};
  const std::string text = to_text(table, Format::table, {.width = 40});
  CHECK(widest_line(text) == 40);
  CHECK_THAT(text, Contains("…"));
}

TEST_CASE("columns are chosen by name or header, in the order asked for, in every format", "[reports]") {
  const auto with = [](std::vector<std::string> columns) { return View{.columns = std::move(columns), .width = 20}; };
  CHECK_THAT(to_text(wide(), Format::csv, with({"seen", "name"})), Catch::StartsWith("seen,name\n1000,first\n"));
  CHECK_THAT(to_text(wide(), Format::table, with({"images seen"})), Contains("images seen\n-----------\n"));
  CHECK_THAT(to_text(wide(), Format::table, with({"all"})), Contains("2 GHz") && !Contains("Left out"));
  CHECK_THROWS_AS(to_text(wide(), Format::table, with({"sen"})), RequestError);
  CHECK_THROWS_WITH(to_text(wide(), Format::table, with({"sen"})),
                    Contains("`columns` sen: there is no such column") && Contains("valid: name, score, "));
}

TEST_CASE("rows are sorted by any column, what is not known last", "[reports]") {
  const auto names = [](const std::string& sort) {
    std::string order;
    const Json json = Json::parse(to_text(wide(), Format::json, {.sort = sort}));
    for (const auto& row : json["rows"]) order += row["name"].get<std::string>() + " ";
    return order;
  };
  CHECK(names("score") == "second first ");
  CHECK(names("-score") == "first second ");
  CHECK(names("ms") == "first second ");
  CHECK(names("-ms") == "first second ");
  CHECK_THROWS_WITH(names("nothing"), Contains("`sort` nothing: there is no such column"));
}

TEST_CASE("a brief table has three to six columns and a line for each footnote", "[reports]") {
  const std::string text = to_text(wide(), Format::table, {.brief = true, .width = 60});
  CHECK_THAT(text, Contains("One sentence about scores.\n") && !Contains("Another") && !Contains("device"));
}

TEST_CASE("the width is that of COLUMNS where that is sane", "[reports]") {
  const char* before = ::getenv("COLUMNS");
  const std::string kept = before ? before : "";
  ::setenv("COLUMNS", "72", 1);
  CHECK(output_width() == 72);
  for (const char* wrong : {"", "0", "7", "-80", "80x", "99999999"}) {
    ::setenv("COLUMNS", wrong, 1);
    CHECK(output_width() >= 20);
    CHECK(output_width() <= 1000);
  }
  before ? ::setenv("COLUMNS", kept.c_str(), 1) : ::unsetenv("COLUMNS");
}
