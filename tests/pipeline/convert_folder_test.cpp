// Folders as diffusers 0.42.1 and transformers 4 and 5 write them: variants, shards, copies and tokenizers.
#include "pipeline/adapter.h"
#include "tests/pipeline/convert_workplace.h"

using namespace mds;
using namespace mds::foreign;
using Catch::Contains;

namespace {

const ConvertRequest from_diffusers{.from = Layout::diffusers};

TensorMap unet_file() {
  return export_weights(make_plan(unet_spec()), Layout::diffusers, numbered(make_plan(unet_spec())));
}

// The same weights plus one, so that a test sees which copy was read.
TensorMap marked(TensorMap tensors, double by) {
  for (auto& [name, tensor] : tensors) tensor = tensor + by;
  return tensors;
}

std::string joined(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& note : notes) text += note + "\n";
  return text;
}

}  // namespace

TEST_CASE("shards of a variant are read by its index", "[pipeline][torch]") {
  Workplace w;
  std::array<TensorMap, 2> shards;
  Json map = Json::object();
  for (const auto& [name, tensor] : unet_file()) {
    const size_t shard = map.size() % 2;
    shards[shard][name] = tensor;
    map[name] = "diffusion_pytorch_model.fp16-0000" + std::to_string(shard + 1) + "-of-00002.safetensors";
  }
  for (size_t i = 0; i < 2; ++i)
    w.write("unet/diffusion_pytorch_model.fp16-0000" + std::to_string(i + 1) + "-of-00002.safetensors", shards[i]);
  w.check_refused(from_diffusers, "unet: holds shards without their index");
  w.write("unet/diffusion_pytorch_model.safetensors.index.fp16.json", Json{{"weight_map", map}});
  CHECK(w.run(from_diffusers).size() == 1);
  w.check_part("unet", make_plan(unet_spec()));
  CHECK(load_card(w.out).provenance.config["sha256"]["unet"].size() == 3);
}

TEST_CASE("full precision is read where there are variants of precision", "[pipeline][torch]") {
  Workplace w;
  w.write("unet/diffusion_pytorch_model.fp16.safetensors", marked(unet_file(), 1));
  w.write("unet/diffusion_pytorch_model.safetensors", unet_file());
  w.run(from_diffusers);
  w.check_part("unet", make_plan(unet_spec()));
  CHECK_THAT(joined(w.notes), !Contains("is taken"));
}

TEST_CASE("a note says which of several training states is taken", "[pipeline][torch]") {
  Workplace w;
  SECTION("files") {
    w.write("unet/diffusion_pytorch_model.non_ema.safetensors", marked(unet_file(), 1));
    w.write("unet/diffusion_pytorch_model.safetensors", unet_file());
    w.run(from_diffusers);
    CHECK_THAT(joined(w.notes), Contains("diffusion_pytorch_model.safetensors is taken, and not "
                                         "diffusion_pytorch_model.non_ema.safetensors beside it"));
  }
  SECTION("folders") {
    w.write("unet/diffusion_pytorch_model.safetensors", unet_file());
    w.write("unet_ema/diffusion_pytorch_model.safetensors", marked(unet_file(), 1));
    w.run(from_diffusers);
    CHECK_THAT(joined(w.notes), Contains("unet is taken, and not its average unet_ema"));
  }
  SECTION("names in one file") {
    const Plan plan = make_plan(unet_spec());
    TensorMap file = prefixed(export_weights(plan, Layout::compvis, numbered(plan)), "model.diffusion_model.");
    file["model_ema.diffusion_modelinput_blocks00weight"] = at::zeros({1});
    w.write("sd.safetensors", file);
    w.run({.from = Layout::compvis, .in = w.in + "/sd.safetensors"});
    CHECK_THAT(joined(w.notes), Contains("also holds averaged weights (model_ema.); the others are taken"));
  }
  w.check_part("unet", make_plan(unet_spec()));
}

TEST_CASE("a file of the whole model beside the parts is left out with a note", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  w.write("v1-5-pruned.emaonly.safetensors", TensorMap{{"model.diffusion_model.x", at::zeros({1})}});
  CHECK(w.run(from_diffusers).size() == 5);
  CHECK_THAT(joined(w.notes), Contains("v1-5-pruned.emaonly.safetensors is left out"));
}

TEST_CASE("a tokenizer of transformers 5 gives its merges and its pad", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  fs::remove_all(w.in + "/text_encoder_2");
  fs::remove_all(w.in + "/tokenizer");
  fs::create_directories(w.in + "/tokenizer");
  w.write("tokenizer/tokenizer_config.json", Json{{"pad_token", "!"}, {"tokenizer_class", "CLIPTokenizer"}});
  const Json pairs = Json::array({Json::array({"r", "e"}), Json::array({"re", "d</w>"})});
  const Json merges = GENERATE(true, false) ? pairs : Json::array({"r e", "re d</w>"});
  w.write("tokenizer/tokenizer.json", Json{{"model", {{"merges", merges}}}});
  w.run(from_diffusers);
  CHECK(load_merges(w.out) == "#version: 0.2\nr e\nre d</w>\n");
  CHECK(load_card(w.out).tokenizer->pad == 0);
}

TEST_CASE("rows of tokens that textual inversion added are cut off, with their names in a note", "[pipeline][torch]") {
  Workplace w;
  w.write_diffusers();
  fs::remove_all(w.in + "/text_encoder_2");
  TensorMap text = load_tensors(w.in + "/text_encoder/model.safetensors").tensors;
  Tensor& tokens = text.at("text_model.embeddings.token_embedding.weight");
  tokens = at::cat({tokens, at::ones({2, tokens.size(1)})});
  w.write("text_encoder/model.safetensors", text);
  SECTION("by transformers 4") { w.write("tokenizer/added_tokens.json", Json{{"<cat>", 516}, {"<toy>", 517}}); }
  SECTION("by transformers 5") {
    const Json added = {{{"id", 515}, {"content", "<|endoftext|>"}},
                        {{"id", 516}, {"content", "<cat>"}},
                        {{"id", 517}, {"content", "<toy>"}}};
    w.write("tokenizer/tokenizer.json", Json{{"added_tokens", added}});
  }
  w.run(from_diffusers);
  w.check_part("text_encoder", make_plan(text_spec(0)));
  CHECK_THAT(joined(w.notes), Contains("2 rows of added tokens behind the vocabulary of 516, which are left out: "
                                       "\"<cat>\", \"<toy>\""));
}

TEST_CASE("an adapter and a ControlNet become folders whose cards say what they are", "[pipeline][torch]") {
  Workplace w;
  const UNetSpec unet = unet_spec();
  SECTION("T2I-Adapter") {
    const AdapterSpec adapter = adapter_for(unet, 1);
    w.ship("tiny-adapter", adapter);
    w.write("diffusion_pytorch_model.safetensors",
            export_weights(make_plan(adapter), Layout::diffusers, numbered(make_plan(adapter))));
    w.write("config.json", Json{{"adapter_type", "full_adapter"}, {"downscale_factor", 8}});
    w.run(from_diffusers);
    CHECK(load_card(w.out).adapter == adapter);
    w.check_part("adapter", make_plan(adapter));
    CHECK_NOTHROW(check_adapter_folder(w.out, unet));
  }
  SECTION("ControlNet") {
    const ControlNetSpec controlnet{unet};
    const HintSpec hint = hint_for(unet);
    w.ship("tiny-controlnet", controlnet);
    w.ship("tiny-hint", hint);
    TensorMap file = export_weights(make_plan(controlnet), Layout::diffusers, numbered(make_plan(controlnet)));
    file.merge(prefixed(export_weights(make_plan(hint), Layout::diffusers, numbered(make_plan(hint))),
                        "controlnet_cond_embedding."));
    w.write("diffusion_pytorch_model.safetensors", file);
    w.run(from_diffusers);
    const ModelCard card = load_card(w.out);
    CHECK(card.controlnet == controlnet);
    CHECK(card.hint == hint);
    w.check_part("controlnet", make_plan(controlnet));
    w.check_part("hint", make_plan(hint));
    CHECK_NOTHROW(check_adapter_folder(w.out, unet));
  }
}
