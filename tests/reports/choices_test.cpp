#include "reports/choices.h"

#include "tests/catch.h"

using namespace mds;

TEST_CASE("choices that vary become columns; what all rows share does not", "[reports]") {
  const std::vector<Json> rows{{{"kernel", 3}, {"time", "add"}, {"down", {1, 2}}},
                               {{"kernel", 5}, {"time", "add"}, {"down", {1, 2}}, {"gated", true}},
                               Json()};
  CHECK(varying_choices({rows[0], rows[1]}) == std::vector<std::string>{"gated", "kernel"});
  CHECK(varying_choices(rows).size() == 4);
  CHECK(varying_choices({}).empty());
  Table table{.columns = {{.name = "name"}}, .rows = {{"a"}, {"b"}}};
  add_choice_columns(table, {rows[0], rows[1]});
  CHECK(to_text(table, Format::md) == "| name | gated | kernel |\n|---|---|---:|\n| a | - | 3 |\n| b | yes | 5 |\n");
}

TEST_CASE("options that set several fields are shown by those in which they differ", "[reports]") {
  const std::vector<Json> rows{
      {{"ff", {{"levels.2.ff_gated", true}, {"levels.2.ff_expansion", 4}, {"levels.2.x", 1}}}},
      {{"ff", {{"levels.2.ff_gated", false}, {"levels.2.ff_expansion", 8}, {"levels.2.x", 1}}}},
      Json::object()};
  const auto values = choice_values(rows, "ff");
  CHECK(values[0] == "ff_expansion 4, ff_gated yes");
  CHECK(values[1] == "ff_expansion 8, ff_gated no");
  CHECK(values[2].is_null());
  const std::vector<Json> alike{{{"c", {{"levels.0.down", 1}, {"levels.1.down", 1}}}},
                                {{"c", {{"levels.0.down", 2}, {"levels.1.down", 3}}}}};
  CHECK(choice_values(alike, "c")[0] == "0.down 1, 1.down 1");
}
