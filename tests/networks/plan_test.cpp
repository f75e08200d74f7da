#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "networks/network_spec.h"
#include "tests/catch.h"
#include "tests/scratch.h"

using namespace mds;
using Catch::Contains;

namespace {

// layer,kind,in,out,weight,params,macs,macs_valid
std::vector<std::string> golden(const std::string& name) {
  std::ifstream in(std::string(MDS_SOURCE_DIR "/tests/data/") + name + "-layers.csv");
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> printed(const Plan& plan) {
  std::vector<std::string> lines{"layer,kind,in,out,weight,params,macs,macs_valid"};
  for (const auto& step : plan.steps)
    for (const auto& layer : layers(step.block, step.site)) {
      const Cost c = cost(layer.op, layer.in, layer.out);
      std::ostringstream line;
      line << layer_path(step.path, layer.name) << ',' << op_name(layer.op, layer.in) << ',' << input_name(layer) << ','
           << to_string(layer.out) << ',' << weight_name(layer.op) << ',' << c.params << ',' << c.macs << ','
           << c.macs_valid;
      lines.push_back(line.str());
    }
  return lines;
}

}  // namespace

TEST_CASE("MobileDiffusion and Lite equal the golden layers row by row", "[networks]") {
  const std::string name = GENERATE("mobilediffusion", "mobilediffusion-lite");
  CHECK(printed(make_plan(load_network(name))) == golden(name));
}

TEST_CASE("shipped networks have their exact totals", "[networks]") {
  const std::map<std::string, Cost> totals = {
      {"mobilediffusion", {386687048, 185273188352, 182611423232}},
      {"mobilediffusion-lite", {277649608, 155741945856, 153204819456}},
      {"md-vae-decoder", {39461067, 720464248832, 715191371264}},
      {"md-vae-decoder-light", {9800651, 351021563904, 349159695872}},
      {"clip-vit-l-14-text", {123060480, 6649251840, 6649251840}},
      {"sd15", {859520964, 401636720640, 390878361600}},
      {"sdxl", {2567463684, 794389381120, 785346426880}},
      {"snapfusion", {759327364, 304545628160, 296382494720}},
      {"bk-sdm-base", {579384964, 261496995840, 254201804800}},
      {"bk-sdm-small", {482346884, 255447203840, 248754944000}},
      {"bk-sdm-tiny", {323384964, 242754519040, 237653145600}},
  };
  for (const auto& [name, total] : totals) {
    INFO(name);
    CHECK(cost(make_plan(load_network(name))) == total);
  }
}

TEST_CASE("SnapGen as described has nearly its 379 M parameters, if keys and values have one head", "[networks]") {
  const Plan plan = make_plan(load_network("snapgen"));
  const double published = 379e6;
  int64_t params = cost(plan).params;
  CHECK(double(params) == Approx(published).epsilon(0.15));
  for (const auto& step : plan.steps)
    for (const auto& layer : layers(step.block, step.site))
      if (layer.name.ends_with(".kv")) params -= layer.in.channels * (layer.out.channels - 2 * 64);
  CHECK(double(params) == Approx(published).epsilon(0.03));
}

TEST_CASE("the steps from a thin SD-XL to SnapGen save the operations that its authors say", "[networks]") {
  UNetSpec thin = load_unet("snapgen");
  thin.levels[0].down = {0, 0}, thin.levels[0].up = {0, 0, 0};
  for (auto& level : thin.levels) {
    level.conv = ConvKind::full, level.stack.self_attention = true, level.stack.ff_expansion = 8;
    level.stack.share_self_kv = level.stack.share_cross_kv = false;
  }
  auto saved = [macs = double(cost(make_plan(thin)).macs)](const UNetSpec& next) mutable {
    const double before = std::exchange(macs, double(cost(make_plan(next)).macs));
    return 1 - macs / before;
  };
  UNetSpec step = thin;
  step.levels[0].stack.self_attention = step.levels[1].stack.self_attention = false;
  CHECK(saved(step) == Approx(0.17).margin(0.01));
  for (auto& level : step.levels) level.conv = ConvKind::separable;
  CHECK(saved(step) == Approx(0.27).margin(0.03));
  for (auto& level : step.levels) level.stack.ff_expansion = 6;
  CHECK(saved(step) == Approx(0.12).margin(0.01));
}

TEST_CASE("other sizes have their exact totals", "[networks]") {
  const auto md = load_network("mobilediffusion");
  CHECK(cost(make_plan(with_size(md, {256, 256}))) == Cost{386687048, 47482830848, 46163210240});
  CHECK(cost(make_plan(with_size(md, {128, 128}))) == Cost{386687048, 13389135872, 12740587520});
}

TEST_CASE("a rectangle costs as much as the same one on its side, and a square has the hash that it always had",
          "[networks]") {
  for (const char* name : {"mobilediffusion", "sd15", "md-vae-encoder", "sd-vae-decoder", "taesd-decoder"}) {
    INFO(name);
    const NetworkSpec own = load_network(name);
    CHECK(cost(make_plan(with_size(own, {192, 256}))) == cost(make_plan(with_size(own, {256, 192}))));
    CHECK(hash_of(with_size(own, {192, 256})) != hash_of(with_size(own, {256, 192})));
    CHECK(hash_of(with_size(with_size(own, {192, 256}), {512, 512})) == hash_of(with_size(own, {512, 512})));
    CHECK(with_size(own, {}) == own);
  }
  NetworkSpec written_out = load_network("mobilediffusion");
  std::get<UNetSpec>(written_out).size_width = std::get<UNetSpec>(written_out).size;
  CHECK(hash_of(written_out) == hash_of(load_network("mobilediffusion")));
}

TEST_CASE("a plan of a rectangle ends in its shape", "[networks]") {
  const auto shapes = [](const char* name) {
    const Plan plan = make_plan(with_size(load_network(name), {192, 320}));
    return to_string(plan.input) + " to " + to_string(plan.steps.back().out);
  };
  CHECK(shapes("mobilediffusion") == "8x24x40 to 8x24x40");
  CHECK(shapes("md-vae-encoder") == "3x192x320 to 16x24x40");
  CHECK(shapes("md-vae-decoder-light") == "8x24x40 to 3x192x320");
  CHECK(shapes("taesd-decoder") == "4x24x40 to 3x192x320");
}

TEST_CASE("a size that a network cannot have is refused with those that it can", "[networks]") {
  const auto refused = [](const char* name, Extent pixels, const std::string& message) {
    CHECK_THROWS_WITH(with_size(load_network(name), pixels), Contains(message));
  };
  refused("mobilediffusion", {300, 300}, "the picture's size is 300; allowed: multiples of 32");
  refused("mobilediffusion", {0, 300}, "the picture's size is 300x512; allowed: multiples of 32");
  refused("sd-vae-decoder", {256, 252}, "the picture's size is 252x256; allowed: multiples of 8");
  refused("inception-v3-fid", {256, 192}, "the picture's size is 192x256; this network reads squares");
  refused("clip-vit-l-14-text", {64, 64}, "a text tower has no picture size");
}

TEST_CASE("towers have their exact parameter counts", "[networks]") {
  const std::map<std::string, int64_t> counts = {{"clip-vit-b-32", 87849216},
                                                 {"clip-vit-l-14", 303966208},
                                                 {"open-clip-vit-g-14", 1012645632},
                                                 {"clip-vit-b-32-text", 63165952},
                                                 {"open-clip-vit-g-14-text", 352984064},
                                                 {"open-clip-vit-bigg-14-text", 693021440}};
  for (const auto& [name, count] : counts) {
    INFO(name);
    CHECK(cost(make_plan(load_network(name))).params == count);
  }
  auto text = std::get<TextTowerSpec>(load_network("open-clip-vit-bigg-14-text"));
  text.projection = 1280;
  CHECK(cost(make_plan(text)).params == 693021440 + 1638400);
  text = std::get<TextTowerSpec>(load_network("clip-vit-l-14-text"));
  text.projection = 768;
  CHECK(cost(make_plan(text)).params == 123650304);
  text = std::get<TextTowerSpec>(load_network("clip-vit-b-32-text"));
  text.projection = 512;
  CHECK(cost(make_plan(text)).params == 63428096);
  text = std::get<TextTowerSpec>(load_network("open-clip-vit-g-14-text"));
  text.projection = 1024;
  CHECK(cost(make_plan(text)).params == 354032640);
  const auto large = make_plan(load_network("clip-vit-l-14-336"));
  CHECK(large.steps.front().out == Shape::tokens(577, 1024));
}

TEST_CASE("at other sizes Stable Diffusion's UNet and SD-XL's at its own have their exact totals", "[networks]") {
  const auto sd = load_network("sd15"), xl = load_network("sdxl");
  CHECK(cost(make_plan(with_size(sd, {256, 256}))) == Cost{859520964, 90053222400, 84791040000});
  CHECK(cost(make_plan(with_size(sd, {128, 128}))) == Cost{859520964, 22923479040, 20409384960});
  const Cost native = cost(make_plan(with_size(xl, {1024, 1024})));
  CHECK(double(native.macs) * 1e-9 == Approx(3380.62).margin(0.005));
  CHECK(double(native.macs_valid) * 1e-9 == Approx(3362.39).margin(0.005));
}

// Identities must not change when specs get new fields, because databases and model folders contain them.
TEST_CASE("the identities of the first release hold", "[networks]") {
  CHECK(hash_of(load_network("mobilediffusion")).starts_with("7ea71bd7"));
  CHECK(hash_of(load_network("mobilediffusion-lite")).starts_with("138c3864"));
}

TEST_CASE("a layer's transformers may stand in several stacks", "[networks]") {
  auto spec = load_unet("snapfusion");
  std::vector<std::string> paths;
  for (const auto& step : make_plan(spec).steps)
    if (step.path.starts_with("up3.0")) paths.push_back(step.path);
  CHECK(paths == std::vector<std::string>{"up3.0.conv", "up3.0.attn", "up3.0.attn2", "up3.0.attn3"});
  spec.levels[2].stack_depth = 2;
  CHECK_THROWS_WITH(make_plan(spec), Catch::Contains("up3.0.conv: transformer depth 3 in stacks of stack_depth 2"));
  spec.levels[2].stack_depth = 3;  // the depth of the deepest layer: one stack per layer
  spec.levels[2].down = {3};
  auto whole = spec;
  whole.levels[2].stack_depth = 0;
  CHECK(hash_of(spec) == hash_of(whole));
}

TEST_CASE("the added embedding of SD-XL is a step of its own, and so part of the total", "[networks]") {
  const auto plan = make_plan(load_network("sdxl"));
  CHECK(plan.steps.at(1).path == "added");
  CHECK(cost(plan.steps.at(1)).params == 5245440);
  CHECK(cost(std::find_if(plan.steps.begin(), plan.steps.end(), [](const auto& s) { return s.path == "mid.0.attn"; })
                 ->block,
             {.in = Shape::map(1280, 16, 16), .text_tokens = 77, .text_width = 2048})
            .params == 350840320);
}

TEST_CASE("a patch that copies the network into itself is refused before it fills the memory", "[networks]") {
  const auto file = scratch("copies.json").string();
  const auto copies = [&](int count, const char* to) {
    Json patch = Json::array();
    for (int i = 0; i < count; ++i)
      patch.push_back({{"op", "copy"}, {"from", ""}, {"path", "/" + std::string(to) + std::to_string(i)}});
    save_text(file, Json{{"base", "mobilediffusion"}, {"patch", patch}}.dump());
  };
  copies(30, "x");
  CHECK_THROWS_WITH(load_network(file), Catch::Contains("copies.json: patch.") &&
                                            Catch::Contains("bytes of JSON; allowed: at most 1048576"));
  copies(1001, "x");
  CHECK_THROWS_WITH(load_network(file), Catch::Contains("patch has 1001 operations; allowed: at most 1000"));
  std::filesystem::remove(file);
}

TEST_CASE("a network file may be a patch of another", "[networks]") {
  const auto folder = scratch("patched");
  std::filesystem::create_directories(folder);
  const auto file = [&](const char* name, const std::string& text) {
    save_text((folder / name).string(), text);
    return (folder / name).string();
  };
  const auto wide = file("wide.json", R"({"base": "mobilediffusion", "patch": [
    {"op": "replace", "path": "/levels/2/width", "value": 896}]})");
  const auto wider = file("wider.json", R"({"base": "wide.json", "patch": [
    {"op": "replace", "path": "/levels/2/width", "value": 1024}]})");
  CHECK(load_unet(wide).levels[2].width == 896);
  CHECK(hash_of(load_network(wider)) == hash_of(load_network("mobilediffusion")));
  const auto refused = [&](const std::string& operation, const std::string& why) {
    CHECK_THROWS_WITH(load_network(file("no.json", R"({"base": "mobilediffusion", "patch": [)" + operation + "]}")),
                      Catch::Contains("no.json: patch.0 " + why));
  };
  refused(R"({"op": "replace", "path": "/levels/7/width", "value": 896})",
          "does not fit mobilediffusion: replace /levels/7/width: /levels has 3 elements, counted from 0");
  refused(R"({"op": "remove", "path": "/levels/2/konv"})",
          "does not fit mobilediffusion: remove /levels/2/konv: /levels/2 has attention, conv, cross_attention");
  refused(R"({"op": "test", "path": "/mid", "value": 1})",
          "does not fit mobilediffusion: test /mid: another value is there, or none");
  refused(R"({"op": "move", "from": "/mid/x", "path": "/size"})",
          "does not fit mobilediffusion: move /mid/x to /size: /mid is the single value -1");
  refused(R"({"op": "replace", "path": "/mid"})", "lacks \"value\", which replace needs");
  refused(R"({"op": "remove", "path": "mid"})",
          "has the path \"mid\"; allowed: a JSON pointer such as /levels/2/width");
  CHECK_THROWS_WITH(
      load_network(file("op.json", R"({"base": "sd15", "patch": [{"op": "swap", "path": "/mid"}]})")),
      Catch::Contains("op.json: patch.0.op is \"swap\"; allowed: add, remove, replace, move, copy, test"));
  CHECK_THROWS_WITH(load_network(file("me.json", R"({"base": "me.json"})")), Catch::Contains("is it a circle?"));
  CHECK_THROWS_WITH(load_network(file("key.json", R"({"base": "sd15", "patches": []})")),
                    Catch::Contains("patches is not a known key; did you mean patch? valid: base, patch"));
}

TEST_CASE("a patch may replace any field of the network, those at their defaults too", "[networks]") {
  const std::string file = scratch("patched-default").string() + ".json";
  save_text(file, R"({"base": "mobilediffusion", "patch": [
    {"op": "test", "path": "/levels/2/kernel", "value": 3},
    {"op": "replace", "path": "/levels/2/kernel", "value": 7},
    {"op": "replace", "path": "/levels/1/stack_depth", "value": 1},
    {"op": "replace", "path": "/mid_residuals", "value": 2}]})");
  CHECK(load_unet(file).levels[2].kernel == 7);
  for (const char* name : {"sd-vae-decoder", "taesd-decoder", "clip-vit-b-32", "inception-v3-fid", "lpips-vgg"}) {
    save_text(file, R"({"base": ")" + std::string(name) + R"(", "patch": []})");
    CHECK(hash_of(load_network(file)) == hash_of(load_network(name)));
  }
}

TEST_CASE("the ladder leads from SD's parameters to MobileDiffusion, and only its last rung changes depth and width",
          "[networks]") {
  const auto params = [](const std::string& name) { return double(cost(make_plan(load_network(name))).params); };
  CHECK(params("ladder-1") == Approx(params("sd15")).epsilon(0.02));
  CHECK(params("ladder-1-narrow") == Approx(params("sd15")).epsilon(0.02));
  const auto inner = [](const std::string& name) { return load_unet(name).levels[2]; };
  for (int rung = 2; rung <= 8; ++rung) {
    const LevelSpec before = inner("ladder-" + std::to_string(rung - 1)),
                    level = inner("ladder-" + std::to_string(rung));
    CHECK(std::tie(level.width, level.transformer_width, level.down, level.up) ==
          std::tie(before.width, before.transformer_width, before.down, before.up));
  }
  auto last = load_unet("ladder-9");
  for (auto& level : last.levels) level.stack.attention = AttentionFunction::softmax;  // as before its relu finetune
  CHECK(hash_of(last) == hash_of(load_network("mobilediffusion")));
  for (const char* name : {"ladder-2-uvit", "ladder-7-kernel-7", "ladder-7-kernel-9"})
    CHECK_NOTHROW(load_network(name));
}

TEST_CASE("the UViT-style control has the reference's count", "[networks]") {
  CHECK(cost(make_plan(load_network("uvit-unet"))).params == 367732808);
  CHECK(double(cost(make_plan(load_network("uvit-unet"))).macs_valid) * 1e-9 == Approx(165.72).margin(0.005));
}

TEST_CASE("a file may say the spec's version, but not a newer one", "[networks]") {
  const auto md = load_network("mobilediffusion");
  CHECK(hash_of(network_from_json(Json::parse(canonical_json(md)), "x")) == hash_of(md));
  CHECK_THROWS_WITH(network_from_json({{"kind", "unet"}, {"spec_version", 2}}, "x"),
                    "x: spec_version is 2; allowed: 1 to 1");
}

TEST_CASE("all skips, and no projections in the middle level, have the counts of reading E", "[networks]") {
  UNetSpec spec = load_unet("mobilediffusion");
  spec.levels[2].skips = Skips::all;
  CHECK(cost(make_plan(spec)).params == 390883400);
  spec.levels[1].stack.projections = false;
  CHECK(cost(make_plan(spec)).params == 388418120);
}

TEST_CASE("the eighth-width proxy of MobileDiffusion has 6,229,968 parameters", "[networks]") {
  UNetSpec proxy = scaled(load_unet("mobilediffusion"), 8);
  proxy.text_width = 128;
  CHECK(cost(make_plan(proxy)).params == 6229968);
  CHECK_THROWS_WITH(scaled(load_unet("mobilediffusion"), 7),
                    Catch::Contains("time_width is 1280 and does not scale by 1/7"));
}

TEST_CASE("every pushed skip is read once, at its resolution", "[networks]") {
  for (const Skips skips : {Skips::all, Skips::added, Skips::last, Skips::none}) {
    UNetSpec spec = load_unet("mobilediffusion");
    spec.levels[2].skips = skips;
    std::vector<Shape> open;
    for (const auto& step : make_plan(spec).steps) {
      if (step.link == Link::concat || step.link == Link::add) {
        REQUIRE(!open.empty());
        CHECK(open.back().height == step.site.in.height);
        if (step.link == Link::concat) CHECK(open.back().channels == step.site.skip_channels);
        open.pop_back();
      }
      if (step.link == Link::push) open.push_back(step.out);
    }
    CHECK(open.empty());
  }
}

TEST_CASE("the hash ignores fields without effect and key order, and nothing else", "[networks]") {
  const UNetSpec md = load_unet("mobilediffusion");
  UNetSpec same = md;
  same.levels[0].expansion = 2;                // full convolutions have none
  same.levels[0].stack.share_cross_kv = true;  // no stack
  same.levels[1].stack.share_self_kv = false;  // no self-attention
  same.levels[2].stack.heads = 16;             // 1024 / 64
  CHECK(hash_of(same) == hash_of(md));
  UNetSpec other = md;
  other.levels[2].expansion = 3;
  CHECK(hash_of(other) != hash_of(md));
  CHECK(hash_of(load_network("mobilediffusion-lite")) != hash_of(md));
  CHECK(hash_of(from_json<NetworkSpec>(to_json(NetworkSpec(md)), "x")) == hash_of(md));
}

TEST_CASE("one plan has one hash", "[networks]") {
  UNetSpec one_skip = load_unet("mobilediffusion");
  one_skip.levels[2].down = {};
  one_skip.levels[2].up = {2};
  std::set<std::string> hashes;
  for (const Skips skips : {Skips::all, Skips::added, Skips::last}) {
    one_skip.levels[2].skips = skips;
    hashes.insert(hash_of(one_skip));
  }
  CHECK(hashes.size() == 1);
  one_skip.levels[2].skips = Skips::none;
  CHECK(!hashes.contains(hash_of(one_skip)));

  UNetSpec blind = load_unet("mobilediffusion");
  for (auto& level : blind.levels) level.stack.cross_attention = false;
  UNetSpec other = blind;
  other.text_tokens = 32;
  other.text_width = 96;
  CHECK(hash_of(blind) == hash_of(other));
  other.levels[2].stack.cross_attention = true;
  CHECK(hash_of(blind) != hash_of(other));

  UNetSpec dense = blind;
  for (auto& level : dense.levels) level.stack.self_attention = false;
  other = dense;
  other.levels[2].stack.heads = 16;
  CHECK(hash_of(dense) == hash_of(other));
}

TEST_CASE("a spec that fits nothing says which level and why", "[networks]") {
  UNetSpec spec = load_unet("mobilediffusion");
  spec.levels[0].up = {0};
  CHECK_THROWS_WITH(make_plan(spec), "levels.0.up has 1 layers; skips \"all\" over 1 down layers needs exactly 2");
  spec = load_unet("mobilediffusion");
  spec.levels[2].width = 1000;
  CHECK_THROWS_WITH(make_plan(spec), Catch::Contains("down3.0.attn: head_width 64 does not divide the width 1000"));
  spec = load_unet("mobilediffusion");
  spec.size = 66;
  CHECK_THROWS_WITH(make_plan(spec), Catch::Contains("down2.downsample: the factor 2 does not divide the width 33"));
  spec = load_unet("mobilediffusion");
  spec.size = 4096;
  for (auto& level : spec.levels) level.width = 65536;
  CHECK_THROWS_WITH(cost(make_plan(spec)), Catch::Contains("up1.0.conv: costs more than 9223372036854775807"));
  CHECK_THROWS_WITH(load_network("mobilediffusoin"),
                    Catch::Contains("did you mean mobilediffusion?") && !Catch::Contains("shipped: "));
  CHECK_THROWS_WITH(load_network("flux"), Catch::Contains("shipped: bk-sdm-base, bk-sdm-small, "));
}

TEST_CASE("an autoencoder has 1 to 10 levels", "[networks]") {
  const size_t levels = GENERATE(0, 11, 64, 66);
  const std::vector<int64_t> widths(levels, 8);
  const auto message = "widths has " + std::to_string(levels) + " levels; allowed: 1 to 10";
  CHECK_THROWS_WITH(make_plan(DecoderSpec{.widths = widths}), message);
  CHECK_THROWS_WITH(make_plan(EncoderSpec{.widths = widths}), message);
}

TEST_CASE("the hash is that of the canonical JSON, which names its version", "[networks]") {
  const auto md = load_network("mobilediffusion");
  CHECK(sha256(canonical_json(md)) == hash_of(md));
  CHECK(Json::parse(canonical_json(md))["spec_version"] == spec_version);
  CHECK(canonical_json(canonical(md)) == canonical_json(md));
}

TEST_CASE("the JSON of a block and its site gives both back", "[networks]") {
  for (const char* name : {"mobilediffusion", "md-vae-decoder", "clip-vit-l-14-text"})
    for (const auto& step : make_plan(load_network(name)).steps) {
      INFO(step.path);
      const Json json = Json::parse(canonical_json(step));
      CHECK(from_json<BlockSpec>(json["block"], "x") == step.block);
      CHECK(from_json<Site>(json["site"], "x") == step.site);
    }
}
