// Converts models of other libraries: folders and files become cards and weights that load, or nothing is written.
#include "pipeline/convert.h"

#include "pipeline/mapped_file.h"
#include "tests/pipeline/convert_workplace.h"

using namespace mds;
using namespace mds::foreign;
using Catch::Contains;

namespace {

TensorMap whole_compvis_file() {
  const auto add = [file = TensorMap()](const Plan& plan, Layout layout, const std::string& prefix) mutable {
    file.merge(prefixed(export_weights(plan, layout, numbered(plan)), prefix));
    return file;
  };
  auto more = add;
  more(make_plan(unet_spec()), Layout::compvis, "model.diffusion_model.");
  more(make_plan(encoder_spec()), Layout::compvis, "first_stage_model.");
  more(make_plan(decoder_spec()), Layout::compvis, "first_stage_model.");
  more(make_plan(text_spec(0)), Layout::transformers, "conditioner.embedders.0.transformer.");
  TensorMap file = more(make_plan(large_text_spec()), Layout::open_clip, "conditioner.embedders.1.model.");
  file["betas"] = at::zeros({3});
  return file;
}

}  // namespace

TEST_CASE("a diffusers folder becomes a model folder", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  const auto parts = w.run({.from = Layout::diffusers, .command = "mdsearch convert"});
  REQUIRE(parts.size() == 5);
  CHECK(parts[0].part == "unet");
  CHECK(parts[0].network == "tiny-unet");
  CHECK(parts[0].parameters == cost(make_plan(unet_spec())).params);
  w.check_part("unet", make_plan(unet_spec()));
  w.check_part("vae_encoder", make_plan(encoder_spec()));
  w.check_part("vae_decoder", make_plan(decoder_spec()));
  w.check_part("text_encoder", make_plan(text_spec(0)));
  w.check_part("text_encoder_2", make_plan(large_text_spec()));
  const ModelCard card = load_card(w.out, {"unet", "vae_encoder", "vae_decoder", "latent_scale", "schedule"});
  CHECK(card.unet->size == 16);
  CHECK(card.vae_decoder->extent().height == 32);
  CHECK(card.prediction == Prediction::v);
  CHECK(card.schedule->steps == 500);
  CHECK(card.latent_scale->std == std::vector<double>{2, 2});
  const auto texts = text_encoders_of(card, "card");
  REQUIRE(texts.size() == 2);
  CHECK(texts[1].tower.projection == 6);
  CHECK(texts[1].output == TextOutput::penultimate);
  CHECK(texts[0].tokenizer.merges == 2);
  CHECK(texts[0].tokenizer.pad == -1);
  CHECK(texts[1].tokenizer.pad == 0);
  CHECK(card.zeros_for_no_text);
  CHECK(load_merges(w.out) == "#version: 0.2\nr e\nre d</w>\n");
  CHECK(card.provenance.config["sha256"]["unet"]["diffusion_pytorch_model.safetensors"] ==
        file_sha256(w.in + "/unet/diffusion_pytorch_model.safetensors"));
  CHECK(w.notes.empty());
}

TEST_CASE("a CompVis file of a whole model becomes a model folder, with notes on what it does not say",
          "[pipeline][torch]") {
  Workplace w;
  w.write("model.safetensors", whole_compvis_file());
  const auto parts = w.run({.from = Layout::compvis, .in = w.in + "/model.safetensors", .dtype = at::kBFloat16});
  CHECK(parts.size() == 5);
  w.check_part("unet", make_plan(unet_spec()), at::kBFloat16);
  w.check_part("vae_decoder", make_plan(decoder_spec()), at::kBFloat16);
  w.check_part("text_encoder", make_plan(text_spec(0)), at::kBFloat16);
  w.check_part("text_encoder_2", make_plan(large_text_spec()), at::kBFloat16);
  const ModelCard card = load_card(w.out);
  CHECK(card.prediction == Prediction::epsilon);
  CHECK(card.latent_scale->std[0] == Approx(1 / 0.13025));      // pooled conditioning means SD-XL
  CHECK(text_encoders_of(card, "card")[1].tokenizer.pad == 0);  // the pad of OpenCLIP
  CHECK(w.notes.size() == 3);
}

TEST_CASE("a CLIP of transformers or OpenCLIP gives both towers with their projections", "[pipeline][torch]") {
  Workplace w;
  const Layout layout = GENERATE(Layout::transformers, Layout::open_clip);
  TensorMap clip = export_weights(make_plan(text_spec()), layout, numbered(make_plan(text_spec())));
  clip.merge(export_weights(make_plan(image_spec()), layout, numbered(make_plan(image_spec()))));
  clip["logit_scale"] = at::ones({});
  w.write("model.safetensors", clip);
  w.write("preprocessor_config.json", Json{{"image_mean", {0.5, 0.25, 0.125}}});
  w.write("config.json", Json{{"vision_config", {{"num_attention_heads", 2}}}, {"text_config", Json::object()}});
  CHECK(w.run({.from = layout}).size() == 2);
  w.check_part("text_encoder", make_plan(text_spec()));
  w.check_part("image_encoder", make_plan(image_spec()));
  CHECK(load_card(w.out).image_normalisation->mean[1] == 0.25);
}

TEST_CASE("shards behind an index are read, and all are named in the provenance", "[pipeline][torch]") {
  Workplace w;
  const TensorMap all = export_weights(make_plan(unet_spec()), Layout::diffusers, numbered(make_plan(unet_spec())));
  std::array<TensorMap, 2> shards;
  Json map = Json::object();
  for (const auto& [name, tensor] : all) {
    const size_t shard = map.size() % 2;
    shards[shard][name] = tensor;
    map[name] = "s" + std::to_string(shard) + ".safetensors";
  }
  for (size_t i = 0; i < 2; ++i) w.write("s" + std::to_string(i) + ".safetensors", shards[i]);
  w.write("diffusion_pytorch_model.safetensors.index.json", Json{{"weight_map", map}});
  CHECK(w.run({.from = Layout::diffusers}).size() == 1);
  w.check_part("unet", make_plan(unet_spec()));
  CHECK(load_card(w.out).provenance.config["sha256"]["in"].size() == 3);
}

TEST_CASE("a model with one text encoder gets its tokenizer", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  fs::remove_all(w.in + "/text_encoder_2");
  w.run({.from = Layout::diffusers});
  const ModelCard card = load_card(w.out, {"text_encoder", "tokenizer"});
  CHECK(card.tokenizer->merges == 2);
  CHECK(card.tokenizer->pad == -1);
  CHECK_FALSE(card.zeros_for_no_text);
}

TEST_CASE("parts and networks can be named", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  fs::remove(w.root + "/configs/architectures/tiny-decoder.json");
  save_text(w.root + "/mine.json", to_json(NetworkSpec(decoder_spec())).dump());
  const auto parts = w.run({.from = Layout::diffusers,
                            .parts = {"vae_decoder"},
                            .networks = {{"mine", load_network(w.root + "/mine.json")}},
                            .pixels = 64});
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].network == "mine");
  CHECK(load_card(w.out).vae_decoder->extent().height == 64);
  CHECK_FALSE(fs::exists(w.out + "/unet.safetensors"));
}

TEST_CASE("a conversion of parts that do not fit leaves nothing behind", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  const ConvertRequest diffusers{.from = Layout::diffusers};
  SECTION("a missing tensor") {
    TensorMap unet = load_tensors(w.in + "/unet/diffusion_pytorch_model.safetensors").tensors;
    unet.erase("conv_out.bias");
    w.write("unet/diffusion_pytorch_model.safetensors", unet);
    w.check_refused(diffusers, "no shipped network fits; give `network`. The nearest is tiny-unet: 1 tensors");
    w.check_refused({.from = Layout::diffusers, .networks = {{"tiny-unet", load_network("tiny-unet")}}},
                    "missing conv_out.bias, our conv_out.bias");
  }
  SECTION("a weight that is not finite") {
    TensorMap unet = load_tensors(w.in + "/unet/diffusion_pytorch_model.safetensors").tensors;
    unet["conv_out.bias"] = at::full({4}, NAN);
    w.write("unet/diffusion_pytorch_model.safetensors", unet);
    w.check_refused(diffusers, "not finite as Float conv_out.bias");
  }
  SECTION("a weight too large for half precision") {
    TensorMap unet = load_tensors(w.in + "/unet/diffusion_pytorch_model.safetensors").tensors;
    unet["conv_out.bias"] = at::full({4}, 70000.0);
    w.write("unet/diffusion_pytorch_model.safetensors", unet);
    w.check_refused({.from = Layout::diffusers, .dtype = at::kHalf}, "not finite as Half conv_out.bias");
  }
  SECTION("a configuration of another network") {
    w.write("unet/config.json", Json{{"attention_head_dim", {4, 8}}});
    w.check_refused(diffusers, "config.json: has 4 attention heads at level 1, the network 2");
    w.write("unet/config.json", Json{{"attention_head_dim", 2}, {"act_fn", "gelu"}});
    w.check_refused(diffusers, "act_fn is \"gelu\", the network has \"silu\"");
  }
  SECTION("a network that differs where nothing in the source shows it") {
    auto encoder = encoder_spec();
    encoder.downsample_padding = Padding::same;
    w.ship("tiny-encoder", encoder);
    w.check_refused(diffusers, "tiny-encoder: downsample_padding is not after");
    auto unet = unet_spec();
    unet.levels[0].stack.ff_activation = Activation::silu;
    w.ship("tiny-unet", unet);
    w.check_refused(diffusers, "levels.0 has silu in its feed-forwards and softmax attention");
  }
  SECTION("a schedule that we do not have") {
    w.write("scheduler/scheduler_config.json", Json{{"beta_schedule", "sigmoid"}});
    w.check_refused(diffusers, "beta_schedule is \"sigmoid\"; valid: scaled_linear, linear, squaredcos_cap_v2");
  }
  SECTION("two shipped networks that differ where weights cannot show it") {
    auto other = text_spec(0);
    other.activation = Activation::gelu;
    w.ship("other-text", other);
    fs::remove(w.in + "/text_encoder/config.json");
    w.check_refused(diffusers, "other-text and tiny-text fit its weights alike; give `network`");
    CHECK(w.run({.from = Layout::diffusers, .networks = {{"tiny-text", load_network("tiny-text")}}}).size() == 5);
    fs::remove_all(w.out);
  }
}

TEST_CASE("a conversion of what does not hold the parts leaves nothing behind", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  const ConvertRequest diffusers{.from = Layout::diffusers};
  SECTION("another layout") {
    w.check_refused({.from = Layout::open_clip, .in = w.in + "/unet"},
                    "has a name of the open_clip layout; they look like the diffusers layout");
  }
  SECTION("a part or network that is not there") {
    w.check_refused({.from = Layout::diffusers, .parts = {"image_encoder"}},
                    "has no part \"image_encoder\"; it has unet");
    w.check_refused({.from = Layout::diffusers, .networks = {{"tiny-image", load_network("tiny-image")}}},
                    "`network` tiny-image: ");
  }
  SECTION("weights in another format") {
    fs::remove(w.in + "/vae/diffusion_pytorch_model.safetensors");
    w.check_refused(diffusers, "vae: holds no .safetensors weights; other formats are not read");
  }
  SECTION("no folder, or an empty one") {
    w.check_refused({.from = Layout::diffusers, .in = w.root + "/none"}, "none: cannot be read");
    fs::create_directories(w.root + "/empty");
    w.check_refused({.from = Layout::diffusers, .in = w.root + "/empty"}, "empty: holds no .safetensors weights, nor");
  }
}

TEST_CASE("a folder that is there is not written to", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  fs::create_directories(w.out);
  save_text(w.out + "/mine.txt", "mine");
  CHECK_THROWS_WITH(w.run({.from = Layout::diffusers}),
                    Contains("out: exists already; remove it or choose another name"));
  CHECK(fs::exists(w.out + "/mine.txt"));
}
