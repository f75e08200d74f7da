// mdsearch forward on tiny networks: the same numbers as the network's own pass, or a message and no file.
#include <ATen/ATen.h>
#include <torch/types.h>

#include "pipeline/network_io.h"
#include "pipeline/weight_import.h"
#include "tests/app/run_mdsearch.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_specs.h"

using namespace mds;
using Catch::Contains;

namespace {

// A network with random weights, its spec, weights and inputs as files.
struct TinyCase {
  ScratchFolder folder;
  NetworkSpec spec;
  NetworkPtr network;

  explicit TinyCase(NetworkSpec s) : spec(std::move(s)), network(make_network(make_plan(spec))) {
    initialise(*network, 3);
    // Weights that start at zero or one would hide that a weight is not read.
    torch::NoGradGuard no_grad;
    for (const auto& item : network->named_parameters())
      if (item.value().dim() == 1) item.value().detach().add_(0.1 * at::sin(at::arange(item.value().numel())));
    std::ofstream(file("net.json")) << to_json(spec).dump();
    save_tensors(file("weights.safetensors"), {.tensors = weights_of(*network), .metadata = {}});
    save_tensors(file("in.safetensors"), {.tensors = tiny::inputs(spec, 2), .metadata = {}});
  }

  std::string file(const std::string& name) const { return folder.path + "/" + name; }
  std::string output() const { return file("out.safetensors"); }
  Outcome forward(const std::string& more = "", const std::string& network_file = "net.json") const {
    return mdsearch("forward " + file(network_file) + " --weights " + file("weights.safetensors") + " --input " +
                    file("in.safetensors") + " --output " + output() + " --threads 1 " + more);
  }
  std::vector<Tensor> expected() const {
    torch::NoGradGuard no_grad;
    return run_network(*network, spec, inputs_from(tiny::inputs(spec, 2), spec, "test"));
  }
  void check_output(double tolerance) const {
    const TensorMap got = load_tensors(output()).tensors;
    const auto names = outputs_of(network->plan());
    const auto wanted = expected();
    CHECK(got.size() == names.size());
    for (size_t i = 0; i < names.size(); ++i) {
      INFO(names[i]);
      CHECK(at::allclose(got.at(names[i]), wanted[i], tolerance, tolerance));
    }
  }
};

}  // namespace

TEST_CASE("forward writes what the network itself computes, for every kind of network", "[app]") {
  const TinyCase tiny(GENERATE(tiny::unet(), tiny::xl_unet(), tiny::encoder(), tiny::decoder(), tiny::text_tower(),
                               tiny::image_tower()));
  const Outcome outcome = tiny.forward("--format json");
  CHECK(outcome.err.empty());
  REQUIRE(outcome.code == 0);
  CHECK(outcome.json()["rows"].size() == outputs_of(tiny.network->plan()).size());
  tiny.check_output(1e-6);
}

TEST_CASE("forward takes the size of a picture from its input, which may be a rectangle", "[app]") {
  const TinyCase tiny(GENERATE(tiny::unet(), tiny::encoder(), tiny::decoder()));
  const NetworkSpec wide = with_size(tiny.spec, {128, 64});
  const TensorMap inputs = tiny::inputs(wide, 2);
  save_tensors(tiny.file("in.safetensors"), {.tensors = inputs, .metadata = {}});
  const Outcome outcome = tiny.forward();
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const auto network = make_network(make_plan(wide));
  load_weights(*network, weights_of(*tiny.network), "test");
  torch::NoGradGuard no_grad;
  const Tensor wanted = run_network(*network, wide, inputs_from(inputs, wide, "test"))[0];
  const Tensor got = load_tensors(tiny.output()).tensors.at(outputs_of(network->plan())[0]);
  CHECK(got.sizes() == wanted.sizes());
  CHECK(at::allclose(got, wanted, 1e-5, 1e-5));
}

TEST_CASE("forward in bf16 is near float32, but not equal", "[app]") {
  const TinyCase tiny(tiny::unet());
  REQUIRE(tiny.forward("--dtype bf16").code == 0);
  tiny.check_output(0.1);
  CHECK(!at::allclose(load_tensors(tiny.output()).tensors.at("sample"), tiny.expected()[0], 1e-6, 1e-6));
}

TEST_CASE("a text tower has the projection that its weights have, in our layout and in others", "[app]") {
  const TinyCase tiny(tiny::text_tower());
  TextTowerSpec bare = std::get<TextTowerSpec>(tiny.spec);
  bare.projection = 0;
  std::ofstream(tiny.file("bare.json")) << to_json(NetworkSpec(bare)).dump();
  const std::string layout = GENERATE("", "transformers", "open_clip");
  std::string from;
  if (!layout.empty()) {
    const Layout named = layout == "open_clip" ? Layout::open_clip : Layout::transformers;
    const TensorMap foreign = export_weights(tiny.network->plan(), named, weights_of(*tiny.network));
    save_tensors(tiny.file("weights.safetensors"), {.tensors = foreign, .metadata = {}});
    from = "--from " + layout;
  }
  REQUIRE(tiny.forward(from, "bare.json").code == 0);
  tiny.check_output(1e-6);
}

TEST_CASE("forward refuses wrong use and wrong files, and writes nothing", "[app]") {
  const TinyCase tiny(tiny::unet());
  const auto [more, code, message] = GENERATE(table<std::string, int, std::string>({
      {"--from keras", 2, "--from is \"keras\"; allowed: diffusers, compvis, transformers, open_clip"},
      {"--dtype int4", 2, "--dtype is \"int4\"; did you mean int8? allowed: fp32, bf16, int8, int8-weights"},
      {"--dtype int8", 1, "dtype is int8, which prepared kernels compute"},
      {"--size 128", 2, "--size"},
      {"--from diffusers", 1, "down2.0.attn.0.sa.kv has no name in the diffusers layout"},
  }));
  const Outcome outcome = tiny.forward(more);
  INFO(more);
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Contains(message));
  CHECK(!std::filesystem::exists(tiny.output()));
}

TEST_CASE("forward does not write over what it reads", "[app]") {
  const TinyCase tiny(tiny::unet());
  const std::string weights = tiny.file("weights.safetensors"), before = text_of_file(weights);
  const Outcome outcome = mdsearch("forward mobilediffusion --weights " + weights + " --input " +
                                   tiny.file("in.safetensors") + " --output " + weights);
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Contains("weights.safetensors is an input of this command"));
  CHECK((text_of_file(weights) == before));
}

TEST_CASE("forward refuses weights that make outputs infinite", "[app]") {
  const TinyCase tiny(tiny::decoder());
  TensorMap weights = weights_of(*tiny.network);
  weights["conv_out.weight"] = at::full_like(weights["conv_out.weight"], 3e38);
  save_tensors(tiny.file("weights.safetensors"), {.tensors = weights, .metadata = {}});
  const Outcome outcome = tiny.forward();
  CHECK(outcome.code == 1);
  CHECK_THAT(outcome.err, Contains("output \"sample\" is not finite"));
  CHECK(!std::filesystem::exists(tiny.output()));
}
