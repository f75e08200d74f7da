#include "networks/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "networks/autocast.h"

namespace mds {
namespace {

using torch::autograd::variable_list;

void for_each(auto& input, auto&& visit) {
  visit(input.x);
  visit(input.skip);
  std::decay_t<decltype(input.conditioning)>::for_each(input.conditioning,
                                                       [&](const char*, auto& tensor) { visit(tensor); });
}

// What the backward pass needs besides tensors.
struct Recipe final : torch::CustomClassHolder {
  const Block* block;
  std::vector<bool> given;  // which tensors of a BlockInput are defined, in the order of for_each
  AutocastState autocast;
};

variable_list packed(const BlockInput& input) {
  variable_list tensors;
  for_each(input, [&](const Tensor& tensor) {
    if (tensor.defined()) tensors.push_back(tensor);
  });
  return tensors;
}

// The same values as leaves of a new graph, so that a computation on them records its own gradients.
variable_list leaves_of(const variable_list& tensors) {
  variable_list leaves;
  for (const Tensor& tensor : tensors) leaves.push_back(tensor.detach().requires_grad_(tensor.requires_grad()));
  return leaves;
}

Tensor run(const Recipe& recipe, const variable_list& tensors) {
  BlockInput input;
  size_t slot = 0, next = 0;
  for_each(input, [&](Tensor& tensor) {
    if (recipe.given[slot++]) tensor = tensors[next++];
  });
  return recipe.block->forward(input.x, input.skip, input.conditioning);
}

struct Recompute final : torch::autograd::Function<Recompute> {
  // `tensors`: a packed BlockInput, x first, then a weight, without which autograd may skip this block's backward pass.
  static variable_list forward(torch::autograd::AutogradContext* context, const c10::intrusive_ptr<Recipe>& recipe,
                               at::TensorList tensors) {
    const variable_list input(tensors.begin(), tensors.end() - 1);
    context->saved_data["recipe"] = c10::IValue::make_capsule(recipe);
    context->save_for_backward(input);
    context->set_materialize_grads(false);
    // Layers choose their kernels by whether gradients are recorded, so record them here too, then drop the graph.
    const at::AutoGradMode with_gradients(true);
    return {run(*recipe, leaves_of(input)).detach(), input[0]};
  }

  static variable_list backward(torch::autograd::AutogradContext* context, const variable_list& gradients) {
    const auto capsule = context->saved_data.at("recipe").toCapsule();
    const auto& recipe = static_cast<const Recipe&>(*capsule);
    const at::AutoGradMode with_gradients(true);
    const variable_list input = leaves_of(context->get_saved_variables());
    // The gradient of x from its other readers is added first, which is the order without recomputing.
    variable_list roots, roots_gradients;
    const auto add_root = [&](const Tensor& root, const Tensor& gradient) {
      if (!gradient.defined() || !root.requires_grad()) return;
      roots.push_back(root);
      roots_gradients.push_back(gradient);
    };
    add_root(input[0], gradients[1]);
    if (gradients[0].defined()) {
      const Autocast autocast(recipe.autocast);
      add_root(run(recipe, input), gradients[0]);
    }
    torch::autograd::backward(roots, roots_gradients);
    variable_list result{Tensor()};  // no gradient of the recipe
    for (const Tensor& tensor : input) result.push_back(tensor.grad());
    result.emplace_back();  // and none of the weight: backward() above has already added it
    return result;
  }
};

}  // namespace

bool has_gradients(const BlockInput& input, const Tensor& weight) {
  if (!at::GradMode::is_enabled()) return false;
  bool found = weight.defined() && weight.requires_grad();
  for_each(input, [&](const Tensor& tensor) { found |= tensor.defined() && tensor.requires_grad(); });
  return found;
}

BlockOutput recomputed(const Block& block, const BlockInput& input, const Tensor& weight) {
  auto recipe = c10::make_intrusive<Recipe>();
  recipe->block = &block;
  recipe->autocast = AutocastState::of(input.x.device().type());
  for_each(input, [&](const Tensor& tensor) { recipe->given.push_back(tensor.defined()); });
  variable_list tensors = packed(input);
  tensors.push_back(weight.defined() ? weight : input.x);
  const variable_list output = Recompute::apply(recipe, at::TensorList(tensors));
  return {output[0], output[1]};
}

}  // namespace mds
