// Weights from files of other libraries: exported weights are read back equal, parts are found in larger files by their
// prefix, and what does not fit is listed by name.
#include "pipeline/weight_import.h"

#include <ATen/ATen.h>

#include "tests/catch.h"
#include "tests/pipeline/foreign_networks.h"

using namespace mds;
using Catch::Contains;
using foreign::numbered;

namespace {

Plan tiny_unet() { return make_plan(foreign::unet_spec()); }
Plan tiny_encoder() { return make_plan(foreign::encoder_spec()); }
Plan tiny_decoder() { return make_plan(foreign::decoder_spec()); }
Plan tiny_text(int64_t projection = 6) { return make_plan(foreign::text_spec(projection)); }
Plan tiny_inception() { return make_plan(InceptionSpec{.size = 75, .width_divisor = 16}); }
Plan alex() { return make_plan(LpipsSpec{.trunk = LpipsTrunk::alex}); }
Plan lite0() { return make_plan(EfficientNetSpec{}); }
Plan tiny_image() { return make_plan(foreign::image_spec()); }

void check_equal(const TensorMap& found, const TensorMap& expected) {
  REQUIRE(found.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    INFO(name);
    REQUIRE(found.contains(name));
    CHECK(at::equal(found.at(name), tensor));
  }
}

void check_refused(const Plan& plan, Layout layout, const TensorMap& file, const std::string& why) {
  CHECK_THROWS_AS(import_weights(plan, layout, file, "f.safetensors"), FileError);
  CHECK_THROWS_WITH(import_weights(plan, layout, file, "f.safetensors"), Contains("f.safetensors: ") && Contains(why));
}

}  // namespace

TEST_CASE("weights come back from every layout as they went", "[pipeline][torch]") {
  const auto [plan, layout] = GENERATE(table<Plan, Layout>({{tiny_unet(), Layout::diffusers},
                                                            {tiny_unet(), Layout::compvis},
                                                            {tiny_encoder(), Layout::diffusers},
                                                            {tiny_encoder(), Layout::compvis},
                                                            {tiny_decoder(), Layout::diffusers},
                                                            {tiny_decoder(), Layout::compvis},
                                                            {tiny_text(), Layout::transformers},
                                                            {tiny_text(), Layout::open_clip},
                                                            {tiny_image(), Layout::transformers},
                                                            {tiny_image(), Layout::open_clip},
                                                            {tiny_inception(), Layout::torch_fidelity},
                                                            {alex(), Layout::lpips},
                                                            {alex(), Layout::torchvision},
                                                            {lite0(), Layout::efficientnet_lite}}));
  INFO(name_of(kind_of(plan)) << " in " << name_of(layout));
  const TensorMap weights = numbered(plan);
  const TensorMap file = export_weights(plan, layout, weights);
  check_equal(import_weights(plan, layout, file, "f"), weights);
}

TEST_CASE("OpenCLIP's joined and transposed tensors are taken apart in order", "[pipeline][torch]") {
  const TensorMap weights = numbered(tiny_text());
  const TensorMap file = export_weights(tiny_text(), Layout::open_clip, weights);
  const Tensor joined = file.at("transformer.resblocks.1.attn.in_proj_weight");
  CHECK(joined.sizes() == at::IntArrayRef{24, 8});
  CHECK(at::equal(joined.slice(0, 8, 16), weights.at("layers.1.attn.k.weight")));
  CHECK(at::equal(file.at("text_projection"), weights.at("projection.weight").t()));
}

TEST_CASE("linear layers and 1 x 1 convolutions stand for each other", "[pipeline][torch]") {
  const TensorMap weights = numbered(tiny_unet());
  TensorMap file = export_weights(tiny_unet(), Layout::diffusers, weights);
  Tensor& projection = file.at("down_blocks.0.attentions.0.proj_in.weight");
  projection = projection.flatten(1);
  check_equal(import_weights(tiny_unet(), Layout::diffusers, file, "f"), weights);
}

TEST_CASE("each part leaves a whole model's file by its prefix", "[pipeline][torch]") {
  const TensorMap unet = numbered(tiny_unet()), decoder = numbered(tiny_decoder()), text = numbered(tiny_text(0));
  TensorMap file = prefixed(export_weights(tiny_unet(), Layout::compvis, unet), "model.diffusion_model.");
  file.merge(prefixed(export_weights(tiny_decoder(), Layout::compvis, decoder), "first_stage_model."));
  file.merge(prefixed(export_weights(tiny_encoder(), Layout::compvis, numbered(tiny_encoder())), "first_stage_model."));
  file.merge(prefixed(export_weights(tiny_text(0), Layout::transformers, text), "cond_stage_model.transformer."));
  file["cond_stage_model.transformer.text_model.embeddings.position_ids"] = at::arange(4);
  file["betas"] = at::zeros({3});
  check_equal(import_weights(tiny_unet(), Layout::compvis, file, "f"), unet);
  check_equal(import_weights(tiny_decoder(), Layout::compvis, file, "f"), decoder);
  check_equal(import_weights(tiny_text(0), Layout::compvis, file, "f"), text);
}

TEST_CASE("each of two text towers in one file finds its own weights", "[pipeline][torch]") {
  const Plan large = make_plan(foreign::large_text_spec());
  const TensorMap first = numbered(tiny_text(0)), second = numbered(large);
  TensorMap file =
      prefixed(export_weights(tiny_text(0), Layout::transformers, first), "conditioner.embedders.0.transformer.");
  file.merge(prefixed(export_weights(large, Layout::open_clip, second), "conditioner.embedders.1.model."));
  check_equal(import_weights(tiny_text(0), Layout::compvis, file, "f"), first);
  check_equal(import_weights(large, Layout::compvis, file, "f"), second);
}

TEST_CASE("each tower leaves a whole CLIP, in transformers' layout with and without the towers' root",
          "[pipeline][torch]") {
  const Layout layout = GENERATE(Layout::transformers, Layout::open_clip);
  const TensorMap text = numbered(tiny_text()), image = numbered(tiny_image());
  TensorMap file = export_weights(tiny_text(), layout, text);
  file.merge(export_weights(tiny_image(), layout, image));
  file["logit_scale"] = at::ones({});
  check_equal(import_weights(tiny_text(), layout, file, "f"), text);
  check_equal(import_weights(tiny_image(), layout, file, "f"), image);
  check_equal(import_weights(tiny_text(0), layout, file, "f"), numbered(tiny_text(0)));  // the projection stays there
  const TensorMap alone = export_weights(tiny_text(0), Layout::transformers, numbered(tiny_text(0)));
  check_equal(import_weights(tiny_text(0), Layout::transformers, with_prefix(alone, "text_model."), "f"),
              numbered(tiny_text(0)));
}

TEST_CASE("each tower leaves a whole CLIP of openai/CLIP, and of open_clip with the text tower under a name of its own",
          "[pipeline][torch]") {
  const std::string before_text = GENERATE("", "text.");
  const TensorMap text = numbered(tiny_text()), image = numbered(tiny_image());
  TensorMap file = prefixed(export_weights(tiny_text(), Layout::open_clip, text), before_text);
  file.merge(export_weights(tiny_image(), Layout::open_clip, image));
  for (const char* size : {"input_resolution", "context_length", "vocab_size"}) file[size] = at::tensor(4);
  file["logit_scale"] = at::ones({});
  check_equal(import_weights(tiny_text(), Layout::open_clip, file, "f"), text);
  check_equal(import_weights(tiny_image(), Layout::open_clip, file, "f"), image);
}

TEST_CASE("an image tower says for which size of pictures a file's positions are", "[pipeline][torch]") {
  const Layout layout = GENERATE(Layout::transformers, Layout::open_clip);
  const TensorMap file = export_weights(tiny_image(), layout, numbered(tiny_image()));
  ImageTowerSpec larger = foreign::image_spec();
  larger.size = 12;
  check_refused(make_plan(larger), layout, file,
                ": [5, 8], expected [10, 8]; they are of pictures of 8 x 8 pixels, the network's of 12 x 12");
}

TEST_CASE("an autoencoder's attention is found under diffusers' former names", "[pipeline][torch]") {
  const TensorMap weights = numbered(tiny_decoder());
  TensorMap file;
  const std::string middle = "decoder.mid_block.attentions.0.";
  for (const auto& [name, tensor] : export_weights(tiny_decoder(), Layout::diffusers, weights)) {
    std::string old = name;
    for (const auto& [now, once] : {std::pair("to_q", "query"), std::pair("to_k", "key"), std::pair("to_v", "value"),
                                    std::pair("to_out.0", "proj_attn")})
      if (name.starts_with(middle + now)) old = middle + once + name.substr((middle + now).size());
    file[old] = tensor;
  }
  REQUIRE(file.contains(middle + "query.weight"));
  check_equal(import_weights(tiny_decoder(), Layout::diffusers, file, "f"), weights);
}

TEST_CASE("tensors that are missing, misshapen, extra or not floating are listed by name", "[pipeline][torch]") {
  TensorMap file = export_weights(tiny_unet(), Layout::diffusers, numbered(tiny_unet()));
  file.erase("down_blocks.0.resnets.1.conv1.weight");
  file["conv_out.bias"] = at::zeros({5});
  file["conv_in.bias"] = at::zeros({8}, at::kLong);
  file["ema.decay"] = at::zeros({1});
  check_refused(tiny_unet(), Layout::diffusers, file, "4 tensors do not fit the network:");
  check_refused(tiny_unet(), Layout::diffusers, file,
                "missing down_blocks.0.resnets.1.conv1.weight, our down1.1.conv.conv1.weight");
  check_refused(tiny_unet(), Layout::diffusers, file, "misshapen conv_out.bias: [5], expected [4]");
  check_refused(tiny_unet(), Layout::diffusers, file, "not floating conv_in.bias");
  file["conv_in.bias"] = at::zeros(file["conv_in.bias"].sizes()).to(at::kFloat8_e4m3fn);
  check_refused(tiny_unet(), Layout::diffusers, file, "Float8_e4m3fn, and not F64, F32, F16 or BF16, conv_in.bias");
  check_refused(tiny_unet(), Layout::diffusers, file, "unexpected ema.decay");
}

TEST_CASE("Inception's classifier and its counts of batches are left in the file", "[pipeline][torch]") {
  const TensorMap weights = numbered(tiny_inception());
  TensorMap file = weights;
  file["fc.weight"] = at::zeros({1008, 128});
  file["Mixed_5b.branch1x1.bn.num_batches_tracked"] = at::zeros({}, at::kLong);
  check_equal(import_weights(tiny_inception(), Layout::torch_fidelity, file, "f"), weights);
  file.erase("Mixed_5b.branch1x1.bn.running_var");
  check_refused(tiny_inception(), Layout::torch_fidelity, file, "missing Mixed_5b.branch1x1.bn.running_var");
}

TEST_CASE("only the first ten of many problems are listed", "[pipeline][torch]") {
  TensorMap file = export_weights(tiny_unet(), Layout::diffusers, numbered(tiny_unet()));
  for (int i = 0; i < 30; ++i) file["extra." + std::to_string(i)] = at::zeros({1});
  try {
    import_weights(tiny_unet(), Layout::diffusers, file, "f");
    FAIL("was read");
  } catch (const FileError& error) {
    const std::string text = error.what();
    CHECK(std::count(text.begin(), text.end(), '\n') == 10);
    CHECK_THAT(text, Contains("30 tensors do not fit"));
  }
}

TEST_CASE("a file without a single name of the layout says which it looks like", "[pipeline][torch]") {
  const TensorMap file = export_weights(tiny_unet(), Layout::compvis, numbered(tiny_unet()));
  check_refused(tiny_unet(), Layout::diffusers, file, "no tensor of the unet in the diffusers layout found among");
  check_refused(tiny_unet(), Layout::diffusers, file, "the names look like the compvis layout");
  check_refused(tiny_unet(), Layout::compvis, {}, "found among 0 tensors");
}

TEST_CASE("a layout without the part is refused", "[pipeline][torch]") {
  CHECK_THROWS_AS(import_weights(tiny_unet(), Layout::open_clip, {}, "f"), ConfigError);
  CHECK_THROWS_WITH(import_weights(tiny_unet(), Layout::open_clip, {}, "f"), Contains("open_clip layout has no unet"));
}
