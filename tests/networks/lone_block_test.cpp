#include "networks/lone_block.h"

#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

const Place here{"--block", ""};

PlanStep alone(const char* block, const char* site) {
  return lone_step(Json::parse(block), parse_site(site, {"--site", ""}), here);
}

}  // namespace

TEST_CASE("a shape is read as it is printed", "[networks]") {
  const std::string text = GENERATE("1024x16x16", "8x8x72", "320x1x1", "256x1024", "1280");
  CHECK(to_string(parse_shape(text, here)) == text);
  CHECK(parse_shape("1024x16x8", here) == Shape::map(1024, 16, 8));
  CHECK(parse_shape("77x768", here) == Shape::tokens(77, 768));
}

TEST_CASE("what is no shape is refused with the forms of shapes", "[networks]") {
  const std::string text = GENERATE("", "x", "16x", "0x16x16", "-1x16x16", "1x2x3x4", "big", "16x16.5x16");
  CHECK_THROWS_WITH(parse_shape(text, {"--site", ""}),
                    Contains("--site is \"" + text + "\"; allowed: a shape such as 1024x16x16"));
}

TEST_CASE("MobileDiffusion's blocks alone are the very blocks of its plan", "[networks]") {
  for (const auto& step : make_plan(canonical(load_network("mobilediffusion"))).steps) {
    INFO(step.path);
    const PlanStep back = step_of(canonical_json(step));
    CHECK(canonical_json(back) == canonical_json(step));
    CHECK(back.out == step.out);
    const PlanStep typed = lone_step(to_json(step.block), parse_site(to_json(step.site), here), here);
    CHECK(canonical_json(typed) == canonical_json(step));
  }
}

TEST_CASE("a block of few words equals MobileDiffusion's where its defaults are meant", "[networks]") {
  const Plan plan = make_plan(canonical(load_network("mobilediffusion")));
  const auto json_at = [&](const std::string& path) {
    for (const auto& step : plan.steps)
      if (step.path == path) return canonical_json(step);
    return path + " is no step";
  };
  CHECK(canonical_json(alone(R"({"kind": "resnet"})", "320x64x64")) == json_at("down1.0.conv"));
  CHECK(canonical_json(alone(R"({"kind": "separable"})", "1024x16x16")) == json_at("down3.1.conv"));
  CHECK(canonical_json(alone(R"({"kind": "transformer", "depth": 3})", "1024x16x16")) == json_at("down3.0.attn"));
}

TEST_CASE("a path says what is not a default, and nothing else", "[networks]") {
  CHECK(alone(R"({"kind": "separable"})", "64x1x1").path == "separable 64x1x1");
  CHECK(alone(R"({"kind": "separable", "out": 64, "kernel": 3})", "64x8x72").path == "separable 64x8x72");
  CHECK(alone(R"({"kind": "separable", "out": 32, "kernel": 5})", "64x8x8").path ==
        "separable 64x8x8, kernel 5, out 32");
  CHECK(alone(R"({"kind": "transformer", "heads": 16})", "1024x16x16").path == "transformer 1024x16x16");
  CHECK(alone(R"({"kind": "transformer", "heads": 8, "depth": 2})", "1024x16x16").path ==
        "transformer 1024x16x16, depth 2, heads 8");
  const Site site = parse_site(Json::parse(R"({"in": {"channels": 96, "height": 4, "width": 4}, "skip_channels": 32,
                                               "text_tokens": 5, "time_width": 16})"),
                               here);
  CHECK(words_of(site) == "96x4x4, 32 of a skip, text 5x768, time 16");
  const PlanStep step = lone_step(Json{{"kind", "resnet"}}, site, here);
  CHECK((step.out == Shape::map(64, 4, 4) && step.link == Link::concat));
}

TEST_CASE("a block that cannot stand at its site is refused with the reason", "[networks]") {
  const auto [block, site, reason] = GENERATE(table<const char*, const char*, const char*>({
      {R"({"kind": "seperable"})", "64x8x8", "kind is \"seperable\"; valid: time, convolution"},
      {R"({"out": 8})", "64x8x8", "an object with a \"kind\""},
      {R"("separable")", "64x8x8", "an object with a \"kind\""},
      {R"({"kind": "separable", "kernal": 5})", "64x8x8", "kernal"},
      {R"({"kind": "separable", "kernel": 99})", "64x8x8", "kernel is 99; allowed: 1 to 15"},
      {R"({"kind": "separable", "kernel": 4})", "64x8x8", "is of kind separable, which cannot stand at 64x8x8"},
      {R"({"kind": "transformer", "heads": 7})", "64x8x8", "is of kind transformer, which cannot stand at 64x8x8"},
      {R"({"kind": "downsample"})", "64x1x1", "64x1x1: the factor 2 does not divide"},
      {R"({"kind": "separable"})", "256x64", "of kind tokens; allowed: map"},
      {R"({"kind": "encoder", "heads": 4})", "64x8x8", "of kind map; allowed: tokens"},
      {R"({"kind": "resnet"})", "9000000000x9000000000x9000000000", "is of kind resnet, which cannot stand"},
  }));
  INFO(block);
  CHECK_THROWS_WITH(alone(block, site), Contains(reason) && Contains("--block"));
}

TEST_CASE("a site without text or time is refused by the blocks that read them", "[networks]") {
  const auto at = [](const char* site) { return parse_site(Json::parse(site), here); };
  const Site no_text = at(R"({"in": {"channels": 64, "height": 4, "width": 4}, "text_tokens": 0})");
  CHECK_THROWS_WITH(lone_step(Json{{"kind", "transformer"}}, no_text, here), Contains("cross_attention reads text"));
  CHECK_NOTHROW(lone_step(Json{{"kind", "transformer"}, {"cross_attention", false}}, no_text, here));
  const Site no_time = at(R"({"in": {"channels": 64, "height": 4, "width": 4}, "time_width": 0})");
  CHECK_THROWS_WITH(lone_step(Json{{"kind", "resnet"}}, no_time, here), Contains("time_width is 0"));
  CHECK_NOTHROW(lone_step(Json{{"kind", "resnet"}, {"time", "none"}}, no_time, here));
  CHECK_THROWS_WITH(at(R"({"in": {"channels": 8}, "skip_channels": 8})"),
                    Contains("skip_channels is 8; allowed: less"));
}
