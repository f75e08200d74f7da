#include "pipeline/weights.h"

#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "spec/error.h"

namespace mds {

TensorMap weights_of(const Network& network) {
  TensorMap tensors;
  for (const auto& item : state_of(network)) tensors[item.key()] = item.value().detach();
  return tensors;
}

namespace {

using Parameters = torch::OrderedDict<std::string, Tensor>;

// Checks names, sizes and that tensors are floating. Whether values are finite is checked when they are taken.
void check_fit(const Parameters& parameters, const TensorMap& tensors, const std::string& source) {
  std::vector<std::string> problems;
  for (const auto& item : parameters) {
    const auto found = tensors.find(item.key());
    if (found == tensors.end()) {
      problems.push_back("missing " + item.key());
    } else if (found->second.sizes() != item.value().sizes()) {
      problems.push_back("misshapen " + item.key() + ": " + sizes_text(found->second.sizes()) + ", expected " +
                         sizes_text(item.value().sizes()));
    } else if (const std::string wrong = wrong_type(found->second); !wrong.empty()) {
      problems.push_back(wrong + " " + item.key());
    }
  }
  for (const auto& [name, unused] : tensors)
    if (!parameters.contains(name) && !counts_batches(name)) problems.push_back("unexpected " + name);
  complain(source, problems);
}

std::set<std::string> weights_never_negative(const Plan& plan) {
  std::set<std::string> names;
  for (const auto& step : plan.steps)
    for (const auto& layer : layers(step.block, step.site))
      if (const auto* op = std::get_if<ConvolutionOp>(&layer.op); op && op->init == Init::non_negative)
        names.insert(layer_path(step.path, layer.name) + ".weight");
  return names;
}

struct Handing {
  std::function<void(const Tensor& parameter, const Tensor& tensor)> take;
  WeightChange change{};
};

// Passes each tensor, changed, to take() with its parameter, so that nobody else holds it any more.
void hand_over(const Network& network, TensorMap tensors, const std::string& source, const Handing& handing) {
  const auto parameters = state_of(network);
  check_fit(parameters, tensors, source);
  const auto never_negative = weights_never_negative(network.plan());
  std::vector<std::string> problems;
  torch::NoGradGuard no_grad;
  for (const auto& item : parameters) {
    Tensor tensor = tensors.extract(item.key()).mapped();
    if (handing.change) tensor = handing.change(item.key(), tensor);
    if (!is_finite(tensor))
      problems.push_back("not finite " + item.key());
    else if (never_negative.contains(item.key()) && tensor.lt(0).any().item<bool>())
      problems.push_back("negative " + item.key() + "; allowed: 0 and above");
    else
      handing.take(item.value(), tensor);
  }
  complain(source, problems);
}

}  // namespace

void check_fit(const Plan& plan, const TensorMap& tensors, const std::string& source) {
  check_fit(state_of(*make_network(plan)), tensors, source);
}

void load_weights(Network& network, TensorMap tensors, const std::string& source, const WeightChange& change) {
  const auto take = [](const Tensor& parameter, const Tensor& tensor) { parameter.detach().copy_(tensor); };
  hand_over(network, std::move(tensors), source, {.take = take, .change = change});
}

void adopt_weights(Network& network, TensorMap tensors, const std::string& source, const WeightChange& change) {
  const auto take = [&](const Tensor& parameter, const Tensor& tensor) {
    parameter.set_data(tensor.to(parameter.options()).contiguous(format_of(network, parameter)));
  };
  hand_over(network, std::move(tensors), source, {.take = take, .change = change});
}

// By the extremes, which a NaN becomes, because LibTorch's own test makes several temporaries of the tensor's size.
bool is_finite(const Tensor& tensor) {
  if (!tensor.is_floating_point() || tensor.numel() == 0) return true;
  const auto [least, most] = tensor.flatten().aminmax();
  return std::isfinite(least.item<double>()) && std::isfinite(most.item<double>());
}

void complain(const std::string& source, const std::vector<std::string>& problems) {
  if (problems.empty()) return;
  std::string text = source + ": " + std::to_string(problems.size()) + " tensors do not fit the network:";
  for (size_t i = 0; i < std::min<size_t>(10, problems.size()); ++i) text += "\n  " + problems[i];
  throw FileError(text);
}

std::string wrong_type(const Tensor& tensor) {
  const at::ScalarType type = tensor.scalar_type();
  if (type == at::kDouble || type == at::kFloat || type == at::kHalf || type == at::kBFloat16) return {};
  if (!tensor.is_floating_point()) return "not floating";
  return std::string(c10::toString(type)) + ", and not F64, F32, F16 or BF16,";
}

bool counts_batches(std::string_view name) { return name.ends_with(".num_batches_tracked"); }

std::string sizes_text(at::IntArrayRef sizes) {
  std::ostringstream text;
  text << sizes;
  return text.str();
}

}  // namespace mds
