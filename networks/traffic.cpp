#include "networks/traffic.h"

#include <algorithm>

namespace mds {
namespace {

// Of a table at most one row for each position.
int64_t weights_read(const Layer& layer) {
  if (const auto* table = std::get_if<TableOp>(&layer.op))
    return multiply_counts(std::min(table->rows, layer.out.positions()), table->width);
  return cost(layer.op, layer.in, layer.out).params;
}

bool is_product(const LayerOp& op) {
  const auto* convolution = std::get_if<ConvolutionOp>(&op);
  return std::holds_alternative<LinearOp>(op) ||
         (convolution && convolution->kernel == 1 && convolution->kernel_width() == 1 && convolution->groups == 1);
}

}  // namespace

int64_t values_of(const Shape& shape) { return multiply_counts(shape.channels, shape.height, shape.width); }

Traffic traffic(const PlanStep& step) {
  Traffic sum;
  for (const auto& layer : layers(step.block, step.site)) {
    const int64_t read = weights_read(layer);
    sum.weights = add_counts(sum.weights, read);
    if (is_product(layer.op)) sum.products = add_counts(sum.products, read);
  }
  const int64_t in = values_of(step.site.in), skip = step.link == Link::add ? in : 0;
  sum.activations = add_counts(add_counts(in, skip), values_of(step.out));
  return sum;
}

int64_t bytes_moved(const Traffic& traffic, std::string_view dtype, int64_t batch) {
  const int64_t value_bytes = dtype == "fp32" ? 4 : 2;
  const int64_t values = add_counts(traffic.weights, multiply_counts(traffic.activations, batch));
  return multiply_counts(values, value_bytes) - (dtype.starts_with("int8") ? traffic.products : 0);
}

}  // namespace mds
