#include "reports/table.h"

#include "spec/error.h"
#include "tests/catch.h"

using namespace mds;

namespace {

Table sample() {
  return {.title = "Cost",
          .columns = {{.name = "name"},
                      {.name = "params", .header = "params M", .scale = 1e-6, .digits = 1},
                      {.name = "n"},
                      {.name = "secret", .audience = Audience::programs}},
          .rows = {{"größe", 386'687'048, 9, Json{{"k", 2}}}, {"a|b, \"c\"\n<d>", nullptr, 12, Json{{"k", 1}}}},
          .footnotes = {"paper: literature"}};
}

}  // namespace

TEST_CASE("aligned text puts numbers at the right and counts letters, not bytes", "[reports]") {
  CHECK(to_text(sample(), Format::table) ==
        "Cost\n\n"
        "name          params M   n\n"
        "--------------------------\n"
        "größe            386.7   9\n"
        "a|b, \"c\" <d>         -  12\n"
        "\n"
        "paper: literature\n");
}

TEST_CASE("Markdown escapes what would break a table", "[reports]") {
  CHECK(to_text(sample(), Format::md) ==
        "## Cost\n\n"
        "| name | params M | n |\n"
        "|---|---:|---:|\n"
        "| größe | 386.7 | 9 |\n"
        "| a\\|b, \"c\" &lt;d> | - | 12 |\n"
        "\npaper: literature\n");
}

TEST_CASE("CSV and JSON carry raw values, columns for programs too, objects spread over columns", "[reports]") {
  CHECK(to_text(sample(), Format::csv) ==
        "name,params,n,secret.k\n"
        "größe,386687048,9,2\n"
        "\"a|b, \"\"c\"\"\n<d>\",,12,1\n");
  const Json json = Json::parse(to_text(sample(), Format::json));
  CHECK(json["rows"][0]["params"] == 386'687'048);
  CHECK(json["rows"][1]["params"].is_null());
  CHECK(json["rows"][1]["secret"]["k"] == 1);
  CHECK(json["notes"][0] == "paper: literature");
}

TEST_CASE("an unknown format is a usage error that lists the known ones", "[reports]") {
  CHECK(parse_format("csv") == Format::csv);
  CHECK_THROWS_AS(parse_format("xml"), RequestError);
  CHECK_THROWS_WITH(parse_format("xml"), "`format` xml: valid: table, md, csv, json");
}

TEST_CASE("CSV of tables with other columns has those of all", "[reports]") {
  const Table one{.title = "", .columns = {{.name = "a"}, {.name = "s"}}, .rows = {{1, Json{{"x", 2}}}}},
      other{.title = "", .columns = {{.name = "a"}, {.name = "b"}}, .rows = {{3, 4}}};
  CHECK(to_text(std::vector<Table>{one, other}, Format::csv) == "a,s.x,b\n1,2,\n3,,4\n");
}

TEST_CASE("text for a page is escaped", "[reports]") {
  CHECK(escape_html("<b a=\"1\" c='2'>&") == "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
}
