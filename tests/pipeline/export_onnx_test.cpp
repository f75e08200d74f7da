// Networks as ONNX files: they compute what the network does, libonnx finds them valid, the names are ours, the batch
// is variable, and large weights are stored beside the model.
#include <ATen/ATen.h>

#include <filesystem>
#include <numeric>

#include "pipeline/export.h"
#include "pipeline/onnx_lowering.h"
#include "pipeline/trace.h"
#include "tests/catch.h"
#include "tests/pipeline/onnx_interpreter.h"
#include "tests/pipeline/onnx_reader.h"
#include "tests/pipeline/tiny_networks.h"
#include "tests/scratch.h"

using namespace mds;

namespace {

struct Folder {
  std::filesystem::path path = scratch("export_onnx_test");
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string at(const std::string& name) const { return (path / name).string(); }
};

std::string bytes_of(const Tensor& tensor) {
  const Tensor plain = tensor.contiguous();
  return {static_cast<const char*>(plain.const_data_ptr()), plain.nbytes()};
}

}  // namespace

TEST_CASE("the ONNX graph computes what the network does, at any batch", "[export][onnx][torch]") {
  torch::NoGradGuard no_grad;
  for (const auto& [name, spec] : tiny_networks()) {
    INFO(name);
    const auto network = random_network(spec);
    const OnnxBuilder lowered = lower_to_onnx(trace(*network, spec), spec);
    for (const int64_t batch : {1, 3}) {
      const auto inputs = example_inputs(spec, batch, 11);
      TensorMap named;
      for (size_t i = 0; i < inputs.size(); ++i) named[lowered.graph.inputs.at(i).name] = inputs[i];
      const auto wanted = run_network(*network, spec, inputs);
      const TensorMap found = run_onnx(lowered.graph, named);
      REQUIRE(lowered.graph.outputs.size() == wanted.size());
      for (size_t i = 0; i < wanted.size(); ++i) {
        const std::string& output = lowered.graph.outputs[i].name;
        INFO("batch " << batch << ", " << output);
        const Tensor difference = (found.at(output) - wanted[i]).abs();
        CHECK(difference.max().item<double>() <= 1e-4 * wanted[i].abs().max().item<double>());
      }
    }
  }
}

TEST_CASE("libonnx finds exported files valid, with our weights under our names", "[export][onnx][torch]") {
  const Folder folder;
  for (const auto& [name, spec] : tiny_networks()) {
    INFO(name);
    const auto network = random_network(spec);
    CHECK(export_onnx(folder.at("a.onnx"), *network, spec) == std::vector{folder.at("a.onnx")});
    const OnnxSummary summary = read_onnx(folder.at("a.onnx"));
    for (const auto& [path, weight] : weights_of(*network)) {
      INFO(path);
      CHECK(summary.initializers.at(path) == bytes_of(weight));
    }
  }
}

TEST_CASE("inputs and outputs of an ONNX file are the contract's, with the batch free", "[export][onnx][torch]") {
  const Folder folder;
  const auto networks = tiny_networks();
  const auto export_one = [&](size_t i) {
    export_onnx(folder.at("a.onnx"), *random_network(networks[i].spec), networks[i].spec);
    return read_onnx(folder.at("a.onnx"));
  };
  const OnnxSummary unet = export_one(1), text = export_one(5);
  CHECK(unet.inputs == std::vector<std::string>{"sample N,3,8,8", "timestep N", "encoder_hidden_states N,5,12",
                                                "text_embeds N,6", "time_ids N,3"});
  CHECK(unet.outputs == std::vector<std::string>{"out_sample N,3,8,8"});
  CHECK(text.inputs == std::vector<std::string>{"input_ids N,6"});
  CHECK(text.outputs == std::vector<std::string>{"last_hidden_state N,6,16", "penultimate N,6,16", "text_embeds N,12"});
}

TEST_CASE("weights over the limit lie in a file beside the model", "[export][onnx][torch]") {
  const Folder folder;
  const auto spec = tiny_networks()[4].spec;
  const auto network = random_network(spec);
  const OnnxBuilder lowered = lower_to_onnx(trace(*network, spec), spec);
  const std::string file = folder.at("big.onnx");
  CHECK(save_onnx(file, lowered.graph, /*most_inline=*/1000) == std::vector{file, file + ".data"});
  const OnnxSummary summary = read_onnx(file);
  CHECK(!summary.external_files.empty());
  for (const auto& [name, where] : summary.external_files) CHECK(where == "big.onnx.data");
  for (const auto& [path, weight] : weights_of(*network)) CHECK(summary.initializers.at(path) == bytes_of(weight));
  CHECK_THROWS_AS(save_onnx(folder.at("none/a.onnx"), lowered.graph, 1000), WriteError);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path), {}) == 2);
}

TEST_CASE("an operator that the table lacks is refused with its name and plan step", "[export][onnx][torch]") {
  const auto spec = tiny_networks()[4].spec;
  const auto module = trace(*random_network(spec), spec);
  for (auto* node : module.get_method("forward").graph()->nodes()) {
    if (node->kind() != c10::aten::silu) continue;
    auto* other = module.get_method("forward").graph()->create(c10::aten::sinh, {node->input()});
    other->copyMetadata(node)->insertBefore(node);
    other->output()->copyMetadata(node->output());
    node->output()->replaceAllUsesWith(other->output());
    break;
  }
  CHECK_THROWS_AS(lower_to_onnx(module, spec), ConfigError);
  CHECK_THROWS_WITH(lower_to_onnx(module, spec), Catch::Contains("step mid.0.conv: aten::sinh is not in the operator"));
}
