#include "experiments/timing/block_list.h"

#include "networks/lone_block.h"
#include "spec/error.h"
#include "tests/catch.h"

using Catch::Contains;
using namespace mds;

namespace {

std::vector<std::string> paths(const std::vector<PlanStep>& steps) {
  std::vector<std::string> list;
  for (const auto& step : steps) list.push_back(step.path);
  return list;
}

std::vector<PlanStep> swept(const char* json) {
  return blocks_of(from_json<BlockSweep>(Json::parse(json), "sweep.json"), "sweep.json");
}

}  // namespace

TEST_CASE("every block stands at every site, but one with a site of its own there alone", "[app]") {
  const BlockFlags flags{.blocks = {R"([{"kind": "separable"}, {"kind": "resnet", "site": "8x4x4"}])",
                                    R"({"kind": "separable", "kernel": 5})"},
                         .sites = {"16x2x2", R"(["32x1x1", {"in": {"channels": 16, "height": 2, "width": 2}}])"}};
  CHECK(paths(blocks_of(flags)) == std::vector<std::string>{"separable 16x2x2", "separable 32x1x1", "resnet 8x4x4",
                                                            "separable 16x2x2, kernel 5",
                                                            "separable 32x1x1, kernel 5"});
}

TEST_CASE("blocks survive the flag of another process", "[app]") {
  const auto blocks = blocks_of(BlockFlags{
      .blocks = {R"([{"kind": "transformer", "depth": 2}, {"kind": "resnet"}])"},
      .sites = {R"({"in": {"channels": 64, "height": 8, "width": 72}, "skip_channels": 32, "text_tokens": 5})"}});
  const auto again = blocks_of(BlockFlags{.blocks = {flag_of(blocks)}});
  REQUIRE(again.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(canonical_json(again[i]) == canonical_json(blocks[i]));
    CHECK(again[i].path == blocks[i].path);
  }
}

TEST_CASE("flags that name no block are refused with what to type", "[app]") {
  const auto [flags, message] = GENERATE(table<BlockFlags, const char*>({
      {{.blocks = {"separable"}, .sites = {"8x4x4"}}, "--block"},
      {{.blocks = {"[]"}, .sites = {"8x4x4"}}, "--block names no block; allowed: 1 to 300"},
      {{.blocks = {"[5]"}, .sites = {"8x4x4"}}, "--block: 0 is 5; expected a block such as"},
      {{.blocks = {R"({"kind": "resnet"})"}}, "has no site; give --site"},
      {{.blocks = {R"({"kind": "resnet"})"}, .sites = {"8x"}}, "--site is \"8x\"; allowed: a shape"},
      {{.blocks = {R"({"kind": "resnet"})"}, .sites = {"[8]"}}, "--site: 0 is 8; expected a shape"},
      {{.blocks = {R"({"kind": "rednet"})"}, .sites = {"8x4x4"}}, "--block: kind is \"rednet\"; valid: time,"},
      {{.sites = {"8x4x4"}}, "--site is where a block stands; give --block"},
      {{.sites = {"8x4x4"}, .sweep = "blocks.json"}, "leave it out with --block and --site"},
  }));
  CHECK_THROWS_AS(blocks_of(flags), RequestError);
  CHECK_THROWS_WITH(blocks_of(flags), Contains(message));
}

TEST_CASE("a sweep varies one thing at a time at each site, and has each block once", "[app]") {
  const auto blocks = swept(R"({"studies": [{
      "block": {"kind": "separable"}, "sites": ["16x4x4", "8x2x2"],
      "vary": [{"field": "kernel", "values": [3, 5]}, {"field": "channels", "values": [24]},
               {"field": "map", "values": [8, "1x3"]},
               {"field": "block", "values": [{"kind": "resnet"}]}]}]})");
  CHECK(paths(blocks) == std::vector<std::string>{"separable 16x4x4", "separable 16x4x4, kernel 5", "separable 24x4x4",
                                                  "separable 16x8x8", "separable 16x1x3", "resnet 16x4x4",
                                                  "separable 8x2x2", "separable 8x2x2, kernel 5", "separable 24x2x2",
                                                  "separable 8x8x8", "separable 8x1x3", "resnet 8x2x2"});
}

TEST_CASE("a sweep's mistake is reported with its place", "[app]") {
  const auto [json, message] = GENERATE(table<const char*, const char*>({
      {R"({})", "sweep.json names no block"},
      {R"({"studies": [{"block": {"kind": "x"}, "sites": ["8x4x4"]}]})", "sweep.json: studies.0.block.kind is \"x\""},
      {R"({"studies": [{"block": {"kind": "resnet"}}]})", "studies.0.sites is empty"},
      {R"({"studies": [{"block": {"kind": "resnet"}, "sites": ["8"]}]})", "is of kind resnet, which cannot stand at 8"},
      {R"({"studies": [{"block": {"kind": "separable"}, "sites": ["8x4x4"],
           "vary": [{"field": "kernel", "values": [3, 4]}]}]})",
       "studies.0.vary.0.values.1 is of kind separable, which cannot stand at 8x4x4"},
      {R"({"studies": [{"block": {"kind": "separable"}, "sites": ["8x4x4"],
           "vary": [{"field": "kernal", "values": [3]}]}]})",
       "studies.0.vary.0.values.0.kernal is not a known key"},
      {R"({"studies": [{"block": {"kind": "separable"}, "sites": ["8x4x4"],
           "vary": [{"field": "map", "values": ["4x4x4"]}]}]})",
       "studies.0.vary.0.values.0 is \"4x4x4\"; allowed: a side"},
      {R"({"studies": [{"block": {"kind": "separable"}, "sites": ["8x4x4"],
           "vary": [{"field": "channels", "values": [0]}]}]})",
       "is 0; allowed: 1 to 65536"},
  }));
  INFO(json);
  CHECK_THROWS_WITH(swept(json), Contains(message));
}

TEST_CASE("more than 300 blocks are refused, and exactly 300 are not", "[app]") {
  BlockStudy study{.block = {{"kind", "separable"}}, .sites = {"1x4x4"}, .vary = {{"channels", {}}}};
  for (int64_t channels = 2; channels <= 300; ++channels) study.vary[0].values.push_back(channels);
  CHECK(blocks_of(BlockSweep{{study}}, "sweep.json").size() == 300);
  study.vary[0].values.push_back(301);
  CHECK_THROWS_WITH(blocks_of(BlockSweep{{study}}, "sweep.json"), Contains("makes 301 blocks; allowed: at most 300"));
}
