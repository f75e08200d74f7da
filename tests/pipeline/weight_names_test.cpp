// Names of our weights in other libraries: digests of all names and shapes of the real models, taken from the state
// dicts of diffusers 0.42, transformers 5.23, open_clip 3.3, lpips 0.1 and efficientnet_lite_pytorch 0.1 (sorted lines
// "NAME [sides]").
#include "pipeline/weight_names.h"

#include <map>

#include "networks/network_spec.h"
#include "tests/catch.h"

using namespace mds;
using Catch::Contains;

namespace {

const Dialect& dialect(PartKind kind, Layout layout) {
  for (const auto& dialect : dialects())
    if (dialect.kind == kind && dialect.uses.front().layout == layout) return dialect;
  throw std::logic_error("no such dialect");
}

using Names = std::map<std::string, std::string>;  // to the shape

void add(Names& names, const Plan& plan, Layout layout) {
  for (const auto& weight : foreign_names(plan, dialect(kind_of(plan), layout)))
    names[weight.theirs] = Json(weight.their_shape).dump();
}

Names names_of(const Plan& plan, Layout layout) {
  Names names;
  add(names, plan, layout);
  return names;
}

std::string digest(const Names& names) {
  std::string text;
  for (const auto& [name, shape] : names) text += name + " " + shape + "\n";
  return sha256(text).substr(0, 16);
}

Plan plan_of(const std::string& name) { return make_plan(load_network(name)); }

}  // namespace

TEST_CASE("a UNet's weights have the names and shapes that diffusers gives them", "[pipeline]") {
  const auto [name, count, expected] =
      GENERATE(table<std::string, size_t, std::string>({{"sd15", 686, "c4de8a8713aca71e"},
                                                        {"bk-sdm-small", 396, "ed40e40a5e7ddf46"},
                                                        {"sdxl", 1680, "7549864c4b5bbf53"}}));
  INFO(name);
  const Names names = names_of(plan_of(name), Layout::diffusers);
  CHECK(names.size() == count);
  CHECK(digest(names) == expected);
}

TEST_CASE("a grounded UNet's weights have the names and shapes that diffusers gives them", "[pipeline]") {
  UNetSpec spec = load_unet("sd15");
  for (LevelSpec& level : spec.levels) level.stack.grounding = true;
  spec.boxes = 30;
  const Names names = names_of(make_plan(spec), Layout::diffusers);
  CHECK(names.size() == 966);
  CHECK(digest(names) == "f1838a7a1b18e866");
}

TEST_CASE("an autoencoder's weights have the names and shapes that diffusers gives them", "[pipeline]") {
  Names both = names_of(plan_of("sd-vae-encoder"), Layout::diffusers);
  add(both, plan_of("sd-vae-decoder"), Layout::diffusers);
  CHECK(both.size() == 248);
  CHECK(digest(both) == "ad819e85bb0786ae");
}

TEST_CASE("CLIP's weights have the names and shapes that transformers gives them", "[pipeline]") {
  auto text = std::get<TextTowerSpec>(load_network("clip-vit-l-14-text"));
  text.projection = 768;
  CHECK(digest(names_of(make_plan(text), Layout::transformers)) == "3e6dc1a52577d0e2");
  Names both = names_of(plan_of("clip-vit-b-32"), Layout::transformers);
  add(both, make_plan(TextTowerSpec{.width = 512, .heads = 8, .mlp = 2048, .projection = 512}), Layout::transformers);
  both["logit_scale"] = "[]";
  CHECK(both.size() == 398);
  CHECK(digest(both) == "5bd8058b550ac9c9");
}

TEST_CASE("CLIP's weights have the names and shapes that OpenCLIP gives them", "[pipeline]") {
  Names both = names_of(plan_of("clip-vit-b-32"), Layout::open_clip);
  add(both, make_plan(TextTowerSpec{.width = 512, .heads = 8, .mlp = 2048, .projection = 512}), Layout::open_clip);
  both["logit_scale"] = "[]";
  CHECK(both.size() == 302);
  CHECK(digest(both) == "698c928114b896f2");
}

TEST_CASE("Inception-v3's weights have the names and shapes that torch-fidelity gives them", "[pipeline]") {
  const Names names = names_of(plan_of("inception-v3-fid"), Layout::torch_fidelity);
  CHECK(names.size() == 94 * 5);
  CHECK(digest(names) == "72a5f50af2c774bd");
}

TEST_CASE("LPIPS's weights have the names and shapes that lpips and torchvision give them", "[pipeline]") {
  const auto [name, layout, count, expected] = GENERATE(
      table<std::string, Layout, size_t, std::string>({{"lpips-vgg", Layout::lpips, 31, "9e516031992ea078"},
                                                       {"lpips-vgg", Layout::torchvision, 31, "2505d05914e2ef6a"},
                                                       {"lpips-alex", Layout::lpips, 15, "9e88c1b1d6ff2925"},
                                                       {"lpips-alex", Layout::torchvision, 15, "57af2b9f385ef257"}}));
  INFO(name << " in " << name_of(layout));
  const Names names = names_of(plan_of(name), layout);
  CHECK(names.size() == count);
  CHECK(digest(names) == expected);
}

TEST_CASE("EfficientNet-Lite0's weights have the names and shapes of its package", "[pipeline]") {
  const Names names = names_of(plan_of("efficientnet-lite0"), Layout::efficientnet_lite);
  CHECK(names.size() == 245);
  CHECK(digest(names) == "1f63bbfe9c493f59");
}

TEST_CASE("a UNet's weights have CompVis's names", "[pipeline]") {
  std::map<std::string, std::string> names;
  for (const auto& weight : foreign_names(plan_of("sd15"), dialect(PartKind::unet, Layout::compvis)))
    names[weight.ours] = weight.theirs;
  CHECK(names.size() == 686);
  for (const auto& [ours, theirs] : std::map<std::string, std::string>{
           {"time.1.weight", "time_embed.2.weight"},
           {"conv_in.weight", "input_blocks.0.0.weight"},
           {"down1.1.conv.norm1.bias", "input_blocks.2.0.in_layers.0.bias"},
           {"down1.downsample.weight", "input_blocks.3.0.op.weight"},
           {"down3.1.attn.0.ca.out.bias", "input_blocks.8.1.transformer_blocks.0.attn2.to_out.0.bias"},
           {"down4.1.conv.time.weight", "input_blocks.11.0.emb_layers.1.weight"},
           {"mid.0.attn.proj_in.weight", "middle_block.1.proj_in.weight"},
           {"mid.1.conv.conv2.weight", "middle_block.2.out_layers.3.weight"},
           {"up4.2.conv.shortcut.weight", "output_blocks.2.0.skip_connection.weight"},
           {"up4.upsample.weight", "output_blocks.2.1.conv.weight"},
           {"up3.0.attn.norm.weight", "output_blocks.3.1.norm.weight"},
           {"up3.upsample.weight", "output_blocks.5.2.conv.weight"},
           {"up1.2.attn.0.ff.in.weight", "output_blocks.11.1.transformer_blocks.0.ff.net.0.proj.weight"},
           {"norm_out.weight", "out.0.weight"},
           {"conv_out.bias", "out.2.bias"}}) {
    INFO(ours);
    CHECK(names[ours] == theirs);
  }
}

TEST_CASE("an autoencoder's weights have CompVis's and diffusers' names", "[pipeline]") {
  const auto name = [](const Plan& plan, Layout layout, const std::string& ours) {
    for (const auto& weight : foreign_names(plan, dialect(kind_of(plan), layout)))
      if (weight.ours == ours) return weight.theirs;
    return std::string("none");
  };
  const Plan encoder = make_plan(EncoderSpec{}), decoder = make_plan(DecoderSpec{});
  CHECK(name(encoder, Layout::compvis, "down2.0.conv.shortcut.bias") == "encoder.down.1.block.0.nin_shortcut.bias");
  CHECK(name(encoder, Layout::diffusers, "down2.0.conv.norm1.bias") == "encoder.down_blocks.1.resnets.0.norm1.bias");
  CHECK(name(encoder, Layout::diffusers, "quant.weight") == "quant_conv.weight");
  CHECK(name(decoder, Layout::compvis, "up4.2.conv.conv1.weight") == "decoder.up.3.block.2.conv1.weight");
  CHECK(name(decoder, Layout::compvis, "mid.1.conv.conv1.weight") == "decoder.mid.block_2.conv1.weight");
  CHECK(name(decoder, Layout::diffusers, "up4.2.conv.conv1.weight") == "decoder.up_blocks.0.resnets.2.conv1.weight");
  CHECK(name(decoder, Layout::diffusers, "post_quant.bias") == "post_quant_conv.bias");
}

TEST_CASE("no two weights share a foreign name, but for thirds of one tensor", "[pipeline]") {
  for (const std::string name : {"sd15", "sdxl", "bk-sdm-tiny", "clip-vit-l-14", "open-clip-vit-bigg-14-text"}) {
    const Plan plan = plan_of(name);
    for (const auto& dialect : dialects()) {
      if (dialect.kind != kind_of(plan)) continue;
      std::map<std::string, int> uses;
      for (const auto& weight : foreign_names(plan, dialect))
        uses[weight.theirs + (weight.form >= Form::query ? std::to_string(int(weight.form)) : "")]++;
      for (const auto& [theirs, count] : uses) {
        INFO(name << " " << theirs);
        CHECK(count == 1);
      }
    }
  }
}

TEST_CASE("a layer that a library does not have is refused by name", "[pipeline]") {
  CHECK_THROWS_AS(names_of(plan_of("mobilediffusion"), Layout::diffusers), ConfigError);
  CHECK_THROWS_WITH(names_of(plan_of("mobilediffusion"), Layout::diffusers),
                    Contains("has no name in the diffusers layout"));
}

TEST_CASE("the layout of a file is recognised by its names", "[pipeline]") {
  CHECK(layout_that_looks_like({"x", "model.diffusion_model.out.0.bias"}) == "compvis");
  CHECK(layout_that_looks_like({"up_blocks.0.resnets.0.norm1.weight"}) == "diffusers");
  CHECK(layout_that_looks_like({"transformer.resblocks.0.ln_1.bias"}) == "open_clip");
  CHECK(layout_that_looks_like({"encoder.layers.0.self_attn.q_proj.bias"}) == "transformers");
  CHECK(layout_that_looks_like({"w"}).empty());
}
