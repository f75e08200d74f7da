// A place in which tests convert folders of other libraries, with tiny networks as the shipped ones.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "pipeline/convert.h"
#include "pipeline/weight_import.h"
#include "tests/catch.h"
#include "tests/pipeline/foreign_networks.h"
#include "tests/scratch.h"

namespace mds::foreign {

namespace fs = std::filesystem;

// Folders for sources and results, and a home in which the shipped networks are tiny.
struct Workplace {
  std::string root = scratch("convert").string(), in = root + "/in", out = root + "/out";
  std::vector<std::string> notes;

  Workplace() {
    fs::remove_all(root);
    fs::create_directories(in);
    fs::create_directories(root + "/configs/architectures");
    ship("tiny-unet", unet_spec());
    ship("tiny-encoder", encoder_spec());
    ship("tiny-decoder", decoder_spec());
    ship("tiny-text", text_spec(0));
    ship("large-text", [] {
      auto spec = large_text_spec();
      spec.projection = 0;
      return spec;
    }());
    ship("tiny-image", image_spec());
    ::setenv("MDSEARCH_HOME", root.c_str(), 1);
  }
  ~Workplace() {
    ::unsetenv("MDSEARCH_HOME");
    fs::remove_all(root);
  }

  void ship(const std::string& name, const NetworkSpec& spec) const {
    save_text(root + "/configs/architectures/" + name + ".json", to_json(spec).dump());
  }
  void write(const std::string& file, const TensorMap& tensors) const {
    fs::create_directories(fs::path(in + "/" + file).parent_path());
    save_tensors(in + "/" + file, {.tensors = tensors, .metadata = {}});
  }
  void write(const std::string& file, const Json& json) const { save_text(in + "/" + file, json.dump()); }

  void write_diffusers() const {
    write("unet/diffusion_pytorch_model.safetensors",
          export_weights(make_plan(unet_spec()), Layout::diffusers, numbered(make_plan(unet_spec()))));
    TensorMap vae = export_weights(make_plan(encoder_spec()), Layout::diffusers, numbered(make_plan(encoder_spec())));
    vae.merge(export_weights(make_plan(decoder_spec()), Layout::diffusers, numbered(make_plan(decoder_spec()))));
    write("vae/diffusion_pytorch_model.safetensors", vae);
    write("text_encoder/model.safetensors",
          export_weights(make_plan(text_spec(0)), Layout::transformers, numbered(make_plan(text_spec(0)))));
    write("text_encoder_2/model.safetensors",
          export_weights(make_plan(large_text_spec()), Layout::transformers, numbered(make_plan(large_text_spec()))));
    write("unet/config.json", Json{{"attention_head_dim", 2}, {"sample_size", 16}, {"norm_eps", 1e-5}});
    write("vae/config.json", Json{{"scaling_factor", 0.5}, {"sample_size", 32}});
    write("text_encoder/config.json", Json{{"hidden_act", "quick_gelu"}, {"num_attention_heads", 2}});
    fs::create_directories(in + "/scheduler");
    write("scheduler/scheduler_config.json",
          Json{{"prediction_type", "v_prediction"}, {"beta_schedule", "scaled_linear"}, {"num_train_timesteps", 500}});
    fs::create_directories(in + "/tokenizer");
    save_text(in + "/tokenizer/merges.txt", "#version: 0.2\nr e\nre d</w>\n");
    fs::create_directories(in + "/tokenizer_2");
    write("tokenizer/special_tokens_map.json", Json{{"pad_token", "<|endoftext|>"}});
    write("tokenizer_2/special_tokens_map.json", Json{{"pad_token", {{"content", "!"}}}});
    write("model_index.json", Json{{"force_zeros_for_empty_prompt", true}});
  }

  std::vector<ConvertedPart> run(ConvertRequest request) {
    if (request.in.empty()) request.in = in;
    request.out = out;
    notes.clear();
    return convert(request, [&](const std::string& note) { notes.push_back(note); });
  }
  void check_refused(const ConvertRequest& request, const std::string& why) {
    CHECK_THROWS_WITH(run(request), Catch::Contains(why));
    CHECK_FALSE(fs::exists(out));
    for (const auto& entry : fs::directory_iterator(root)) CHECK_THAT(entry.path().string(), !Catch::Contains(".tmp"));
  }

  // Checks that the written part has the plan's numbered weights, and loads.
  void check_part(const std::string& part, const Plan& plan, at::ScalarType dtype = at::kFloat) const {
    const TensorMap written = load_tensors(out + "/" + part + ".safetensors").tensors, expected = numbered(plan);
    REQUIRE(written.size() == expected.size());
    for (const auto& [name, weight] : expected) {
      INFO(part << " " << name);
      CHECK(at::equal(written.at(name), weight.to(dtype)));
    }
    CHECK_NOTHROW(load_part(out, part, plan));
  }
};

}  // namespace mds::foreign
