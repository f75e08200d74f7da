// Networks as files for other programs: a reloaded TorchScript module computes what the network does for other batches
// than the traced one and has our names; weights and spec are read back from safetensors; files are complete.
#include "pipeline/export.h"

#include <ATen/ATen.h>
#include <torch/csrc/jit/serialization/import.h>

#include <filesystem>
#include <set>

#include "pipeline/trace.h"
#include "tests/catch.h"
#include "tests/pipeline/tiny_networks.h"
#include "tests/scratch.h"

using namespace mds;

namespace {

struct Folder {
  std::filesystem::path path = scratch("export_test");
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string at(const std::string& name) const { return (path / name).string(); }
};

std::vector<Tensor> unpacked(const c10::IValue& value) {
  if (value.isTensor()) return {value.toTensor()};
  std::vector<Tensor> tensors;
  for (const auto& element : value.toTupleRef().elements()) tensors.push_back(element.toTensor());
  return tensors;
}

std::set<std::string> keys(const TensorMap& tensors) {
  std::set<std::string> names;
  for (const auto& [name, unused] : tensors) names.insert(name);
  return names;
}

}  // namespace

TEST_CASE("a reloaded TorchScript module equals its network at any batch, under the same names", "[export][torch]") {
  const Folder folder;
  torch::NoGradGuard no_grad;
  for (const auto& [name, spec] : tiny_networks()) {
    INFO(name);
    const auto network = random_network(spec);
    const std::string file = folder.at("network.pt");
    CHECK(export_torchscript(file, *network, spec) == std::vector{file});
    auto module = torch::jit::load(file);

    TensorMap parameters;
    for (const auto& parameter : module.named_parameters()) parameters[parameter.name] = parameter.value;
    CHECK(keys(parameters) == keys(weights_of(*network)));

    for (const int64_t batch : {1, 3}) {
      const auto inputs = example_inputs(spec, batch, 7);
      const auto wanted = run_network(*network, spec, inputs);
      const auto found = unpacked(module.forward({inputs.begin(), inputs.end()}));
      REQUIRE(found.size() == wanted.size());
      for (size_t i = 0; i < wanted.size(); ++i) {
        INFO("batch " << batch << ", output " << i);
        CHECK((found[i] - wanted[i]).abs().max().item<double>() <= 1e-4 * wanted[i].abs().max().item<double>());
      }
    }
  }
}

TEST_CASE("a traced module takes its inputs by the names of the contract", "[export][torch]") {
  const UNetSpec spec = std::get<UNetSpec>(tiny_networks()[1].spec);
  const auto module = trace(*random_network(spec), spec);
  std::vector<std::string> names;
  for (const auto& argument : module.get_method("forward").function().getSchema().arguments())
    names.push_back(argument.name());
  CHECK(names ==
        std::vector<std::string>{"self", "sample", "timestep", "encoder_hidden_states", "text_embeds", "time_ids"});
  const TextTowerSpec text{.layers = 2, .projection = 8};
  CHECK(outputs_of(make_plan(text)) == std::vector<std::string>{"last_hidden_state", "penultimate", "text_embeds"});
}

TEST_CASE("safetensors and the spec beside them give the network back", "[export][torch]") {
  const Folder folder;
  for (const auto& [name, spec] : tiny_networks()) {
    INFO(name);
    const auto network = random_network(spec);
    const auto files = export_safetensors(folder.at("a.safetensors"), *network, spec, at::kFloat);
    REQUIRE(files == std::vector{folder.at("a.safetensors"), folder.at("a.json")});
    const NetworkSpec again = load_network(files[1]);
    CHECK(hash_of(again) == hash_of(spec));
    const auto copy = make_network(make_plan(again));
    load_weights(*copy, load_tensors(files[0]).tensors, files[0]);
    for (const auto& [path, weight] : weights_of(*network)) CHECK(at::equal(weights_of(*copy).at(path), weight));
  }
}

TEST_CASE("an export that cannot be written leaves nothing behind", "[export][torch]") {
  const Folder folder;
  const auto spec = tiny_networks()[2].spec;
  const auto network = random_network(spec);
  const std::string nowhere = folder.at("none/network.pt");
  CHECK_THROWS_AS(export_torchscript(nowhere, *network, spec), WriteError);
  CHECK_THROWS_AS(export_safetensors(nowhere, *network, spec, at::kFloat), WriteError);
  CHECK(std::filesystem::is_empty(folder.path));
}
