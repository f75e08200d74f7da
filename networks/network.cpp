#include "networks/network.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "blocks/kernels/panels.h"
#include "blocks/kernels/prepared.h"
#include "networks/recompute.h"
#include "spec/error.h"
#include "spec/freed_memory.h"

namespace mds {
namespace {

// A nested module for each segment of a dotted path, because LibTorch's module names may not contain dots.
struct Scope final : torch::nn::Module {};

void register_at(torch::nn::Module& root, const std::string& path, const std::shared_ptr<torch::nn::Module>& layer) {
  std::istringstream segments(path);
  std::vector<std::string> names;
  for (std::string name; std::getline(segments, name, '.');) names.push_back(name);
  torch::nn::Module* scope = &root;
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    const auto children = scope->named_children();
    const auto* child = children.find(names[i]);
    scope = child ? child->get() : scope->register_module(names[i], std::make_shared<Scope>()).get();
  }
  scope->register_module(names.back(), layer);
}

Quantisation quantisation_of(Precision precision) {
  if (precision == Precision::int8) return Quantisation::int8;
  return precision == Precision::int8_weights ? Quantisation::int8_weights : Quantisation::none;
}

// Moves a conditioning to the weights' device and type. Timesteps and sizes keep their type: bfloat16 cannot hold 999.
Conditioning brought_to(const Tensor& weight, Conditioning c) {
  Conditioning::for_each(c, [&](const char*, Tensor& x) {
    if (x.defined()) x = x.to(weight.device());
  });
  if (c.text_NSC.defined()) c.text_NSC = c.text_NSC.to(weight.scalar_type());
  return c;
}

Tensor controlled(const Tensor& x, const std::map<std::string, Tensor>& maps, const std::string& path) {
  const auto found = maps.empty() ? maps.end() : maps.find(path);
  return found == maps.end() ? x : x + found->second.to(x.device(), x.scalar_type());
}

// What a layer that was prepared keeps unpacked, such as the rows of a table, in the order of its memory.
void pack_rest(LayerModule& layer, Packing& packing) {
  auto rest = layer.parameters();
  for (const Tensor& each : layer.buffers()) rest.push_back(each);
  for (Tensor& each : rest) {
    if (each.numel() == 0) continue;
    const auto as_it_lies = [&] { return std::vector{each.detach().as_strided({each.numel()}, {1})}; };
    const Tensor kept = packing.next({{each.scalar_type(), {each.numel()}}}, as_it_lies)[0];
    each.set_data(kept.as_strided(each.sizes(), each.strides()));
  }
}

}  // namespace

Observer compose(std::vector<Observer> observers) {
  std::erase_if(observers, [](const Observer& each) { return !each; });
  if (observers.empty()) return {};
  return [observers = std::move(observers)](const PlanStep& step, Tensor x) {
    for (const Observer& each : observers) x = each(step, std::move(x));
    return x;
  };
}

void check_input(const Plan& plan, const Tensor& x) {
  const Shape& in = plan.input;
  const std::vector<int64_t> wanted = in.kind == ShapeKind::tokens
                                          ? std::vector<int64_t>{in.height}
                                          : std::vector<int64_t>{in.channels, in.height, in.width};
  TORCH_CHECK(x.dim() > 0 && x.sizes().slice(1) == wanted, "input: expected N x ",
              in.kind == ShapeKind::tokens ? std::to_string(in.height) + " token ids" : to_string(in), ", got ",
              x.sizes());
}

Network::Network(Plan plan, at::MemoryFormat maps, Precision precision)
    : plan_(std::move(plan)), maps_(maps), precision_(precision) {
  for (const auto& step : plan_.steps) {
    LayerMap layers;
    Tensor weight;
    for (const auto& layer : mds::layers(step.block, step.site)) {
      const auto module = make_layer(layer.op);
      if (const auto weights = module->parameters(); !weight.defined() && !weights.empty()) weight = weights[0];
      layers.add(layer.name, module);
      layers_.emplace_back(module, layer.in);
      register_at(*this, layer_path(step.path, layer.name), module);
    }
    blocks_.push_back(make_block(step.block, step.site, layers));
    block_weights_.push_back(weight);
  }
  const auto weights = parameters();
  any_weight_ = weights.empty() ? at::empty({0}) : weights[0];  // without weights: floats on the CPU
}

Tensor Network::forward(const Tensor& input, const Conditioning& conditioning, const Observer& observer,
                        InnerFeatures* inner) const {
  check_input(plan_, input);
  Conditioning c = brought_to(any_weight_, conditioning);
  const Controls controls = std::exchange(c.controls, {});
  check_controls(plan_, controls);
  Tensor x = input.is_floating_point() ? input.to(device(), dtype()) : input.to(device());
  if (x.dim() == 4) x = x.contiguous(maps_);
  std::vector<Tensor> skips;
  const StepRange kept = inner ? inner_steps(plan_, inner->level) : StepRange{plan_.steps.size(), plan_.steps.size()};
  for (size_t i = 0; i < plan_.steps.size(); ++i) {
    if (i == kept.first && inner->reuse) {
      x = inner->kept;
      i = kept.last;
      continue;
    }
    const PlanStep& step = plan_.steps[i];
    if (step.link == Link::layout && !c.boxes_NB4.defined()) continue;
    Tensor skip;
    if (step.link == Link::concat || step.link == Link::add) {
      skip = skips.back();
      skips.pop_back();
    }
    Tensor y = controlled(run_step(i, {x, skip, c}, skips), controls.outputs, step.path);
    if (observer) y = observer(step, y);
    if (step.link == Link::time) {
      c.time_NE = y;
      continue;
    }
    if (step.link == Link::layout) {
      c.layout_NBC = y;
      continue;
    }
    if (step.link == Link::beside) continue;
    x = y;
    if (step.link == Link::push) skips.push_back(controlled(x, controls.skips, step.path));
    if (i == kept.last) inner->kept = x;
  }
  return x;
}

// Where the step's input was also pushed as a skip, the skip is replaced by output.x; BlockOutput says why.
Tensor Network::run_step(size_t i, const BlockInput& input, std::vector<Tensor>& skips) const {
  if (!checkpoints_ || !has_gradients(input, block_weights_[i]))
    return run_step(i, input.x, input.skip, input.conditioning);
  const BlockOutput output = recomputed(*blocks_[i], input, block_weights_[i]);
  if (!skips.empty() && skips.back().is_same(input.x)) skips.back() = output.x;
  return output.y;
}

void Network::prepare(Kernels kernels, Packing* packing) {
  const Quantisation quantisation = quantisation_of(precision_);
  const bool can = kernels == Kernels::prepared && device().is_cpu();
  if (quantisation != Quantisation::none && !(can && multiplies_int8()))
    throw ConfigError("dtype is " + std::string(name_of(precision_)) +
                      ", which prepared kernels compute on a CPU with AVX-512 VNNI; allowed here: fp32, bf16");
  if (!can) return;
  torch::NoGradGuard no_grad;
  constexpr int64_t most_released = 64 << 20;  // bytes, whose gaps the packed weights fill only in part
  int64_t released = 0;
  for (const auto& [layer, in] : layers_) {
    for (const auto& weight : layer->parameters()) released += int64_t(weight.nbytes());
    layer->prepare({in, quantisation, packing});
    if (packing) pack_rest(*layer, *packing);
    if (released < most_released) continue;
    give_memory_back();
    released = 0;
  }
  prepared_ = true;
}

void check_controls(const Plan& plan, const Controls& controls) {
  for (const auto* maps : {&controls.outputs, &controls.skips})
    for (const auto& [path, map] : *maps) {
      const auto step = std::ranges::find(plan.steps, path, &PlanStep::path);
      TORCH_CHECK(step != plan.steps.end() && (maps == &controls.outputs || step->link == Link::push),
                  "a control is for \"", path, "\", and the network has no such step",
                  maps == &controls.skips ? " that pushes a skip" : "");
      const Shape& out = step->out;
      TORCH_CHECK(map.dim() == 4 && map.sizes().slice(1) == at::IntArrayRef({out.channels, out.height, out.width}),
                  "the control for \"", path, "\" is ", map.sizes(), "; needed: N x ", to_string(out));
    }
}

bool can_prepare() { return multiplies_panels(); }

std::map<std::string, Tensor> Network::outputs(const Tensor& x, const Conditioning& conditioning) const {
  std::map<std::string, Tensor> named;
  forward(x, conditioning, [&](const PlanStep& step, Tensor y) {
    if (!step.output.empty()) named[step.output] = y;
    return y;
  });
  return named;
}

at::Device Network::device() const { return any_weight_.device(); }

// The weights hold no values yet, so each gets new memory of the right type and device, and nothing is copied.
NetworkPtr make_network(Plan plan, const Placement& placement, at::MemoryFormat maps) {
  auto network = std::make_shared<Network>(std::move(plan), maps, placement.dtype);
  torch::NoGradGuard no_grad;
  const auto options = at::TensorOptions().dtype(scalar_type(placement.dtype)).device(placement.device);
  for (auto& item : state_of(*network))
    item.value().set_data(at::empty(item.value().sizes(), options, format_of(*network, item.value())));
  return network;
}

at::MemoryFormat format_of(const Network& network, const Tensor& parameter) {
  return parameter.dim() == 4 ? network.maps() : at::MemoryFormat::Contiguous;
}

void initialise(Network& network, uint64_t seed) {
  auto generator = at::detail::createCPUGenerator(seed);
  for (const auto& module : network.modules(/*include_self=*/false))
    if (auto* layer = dynamic_cast<LayerModule*>(module.get()))
      layer->fill([&](at::IntArrayRef sizes) { return at::rand(sizes, generator) * 2 - 1; });
}

int64_t parameter_count(const Network& network) {
  TORCH_CHECK(!network.prepared(), "the weights of a prepared network are packed");
  int64_t count = 0;
  for (const auto& parameter : network.parameters()) count += parameter.numel();
  return count;
}

torch::OrderedDict<std::string, Tensor> state_of(const Network& network) {
  TORCH_CHECK(!network.prepared(), "the weights of a prepared network are packed");
  auto state = network.named_parameters();
  state.update(network.named_buffers());
  return state;
}

}  // namespace mds
