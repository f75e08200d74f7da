#include "pipeline/onnx_operators.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace mds {
namespace {

using Wholes = std::vector<int64_t>;

// --- shapes: whatever depends on the input has the batch first, so -1 there leaves it free ------------------------

std::string reshaped(const OnnxCall& call, const std::string& x, Wholes sizes) {
  sizes.at(0) = -1;
  return call.add("Reshape", {x, call.constant(sizes)});
}

void reshape(const OnnxCall& call) { call.give(reshaped(call, call.tensor(0), call.result_sizes())); }

void alias(const OnnxCall& call) {
  if (call.type(0) != call.result_type()) call.fail("changes the type");
  call.give(call.tensor(0));
}

void permute(const OnnxCall& call) {
  Wholes order = call.wholes(1);
  for (int64_t& axis : order) axis += axis < 0 ? int64_t(order.size()) : 0;
  call.give(call.add("Transpose", {call.tensor(0)}, {{"perm", order}}));
}

std::string swapped(const OnnxCall& call, const std::string& x, Wholes order, std::pair<int64_t, int64_t> axes) {
  std::iota(order.begin(), order.end(), 0);
  std::swap(order.at(size_t(axes.first)), order.at(size_t(axes.second)));
  return call.add("Transpose", {x}, {{"perm", order}});
}

void transpose(const OnnxCall& call) {
  call.give(swapped(call, call.tensor(0), call.sizes(0), {call.axis(1), call.axis(2)}));
}

void lower_triangle(const OnnxCall& call) {
  call.give(call.add("Trilu", {call.tensor(0), call.constant(at::scalar_tensor(call.whole(1), at::kLong))},
                     {{"upper", int64_t(0)}}));
}

void unsqueeze(const OnnxCall& call) {
  const int64_t axis = call.axis(1, int64_t(call.result_sizes().size()));
  call.give(call.add("Unsqueeze", {call.tensor(0), call.constant(Wholes{axis})}));
}

void squeeze(const OnnxCall& call) {
  call.give(call.add("Squeeze", {call.tensor(0), call.constant(Wholes{call.axis(1)})}));
}

void select(const OnnxCall& call) {
  const std::string index = call.constant(at::scalar_tensor(call.whole(2), at::kLong));
  call.give(call.add("Gather", {call.tensor(0), index}, {{"axis", call.axis(1)}}));
}

void narrow(const OnnxCall& call) {
  const int64_t begin = call.whole(2), end = begin + call.whole(3);
  call.give(call.add("Slice", {call.tensor(0), call.constant(Wholes{begin}), call.constant(Wholes{end}),
                               call.constant(Wholes{call.axis(1)})}));
}

void expand(const OnnxCall& call) {
  Wholes sizes = call.wholes(1);
  for (int64_t& size : sizes) size = std::max<int64_t>(size, 1);  // ONNX broadcasts both ways: 1 keeps an axis as it is
  call.give(call.add("Expand", {call.tensor(0), call.constant(sizes)}));
}

void expand_as(const OnnxCall& call) {
  call.give(call.add("Expand", {call.tensor(0), call.add("Shape", {call.tensor(1)})}));
}

void cat(const OnnxCall& call) {
  const int64_t rank = int64_t(call.result_sizes().size());
  call.give(call.add("Concat", call.tensors(0), {{"axis", call.axis(1, rank)}}));
}

void chunk(const OnnxCall& call) {
  const int64_t axis = call.axis(2), size = call.sizes(0)[size_t(axis)];
  const int64_t each = (size + call.whole(1) - 1) / call.whole(1);
  Wholes parts;
  for (int64_t left = size; left > 0; left -= each) parts.push_back(std::min(each, left));
  call.give_list(call.add_split(parts, axis));
}

// LibTorch lists (begin, end) pairs from the last axis to the first; ONNX lists all begins, then all ends.
void pad(const OnnxCall& call) {
  const Wholes given = call.wholes(1);
  const size_t rank = call.sizes(0).size();
  Wholes pads(2 * rank, 0);
  for (size_t i = 0; i < given.size() / 2; ++i) {
    pads[rank - 1 - i] = given[2 * i];
    pads[2 * rank - 1 - i] = given[2 * i + 1];
  }
  call.give(call.add("Pad", {call.tensor(0), call.constant(pads), call.constant(call.number(2))}));
}

// --- element by element
// ------------------------------------------------------------------------------------------------

template <const char* op>
void unary(const OnnxCall& call) {
  call.give(call.add(op, {call.tensor(0)}));
}

template <const char* op>
void binary(const OnnxCall& call) {
  call.give(call.add(op, {call.tensor(0), call.tensor(1)}));
}

// Sums and differences; LibTorch may scale the second operand.
template <const char* op>
void sum(const OnnxCall& call) {
  if (call.number(2) != 1) call.fail("scales its second operand");
  binary<op>(call);
}

void silu(const OnnxCall& call) { call.give(call.add("Mul", {call.tensor(0), call.add("Sigmoid", {call.tensor(0)})})); }

// x (1 + erf(x / sqrt 2)) / 2
void gelu(const OnnxCall& call) {
  if (call.text(1) != "none") call.fail("is the " + call.text(1) + " approximation");
  const std::string x = call.tensor(0);
  const std::string erf = call.add("Erf", {call.add("Mul", {x, call.constant(std::sqrt(0.5))})});
  const std::string half = call.add("Mul", {x, call.constant(0.5)});
  call.give(call.add("Mul", {half, call.add("Add", {erf, call.constant(1.0)})}));
}

// --- layers
// ------------------------------------------------------------------------------------------------------------

void linear(const OnnxCall& call) {
  const std::string weight = call.add("Transpose", {call.tensor(1)}, {{"perm", Wholes{1, 0}}});
  const std::string product = call.add("MatMul", {call.tensor(0), weight});
  call.give(call.absent(2) ? product : call.add("Add", {product, call.tensor(2)}));
}

Wholes both_axes(const Wholes& sizes) { return sizes.size() == 1 ? Wholes{sizes[0], sizes[0]} : sizes; }

void convolution(const OnnxCall& call) {
  if (call.flag(6) || call.sizes(0).size() != 4) call.fail("is transposed or not over two axes");
  const Wholes padding = both_axes(call.wholes(4));
  std::vector<std::string> inputs{call.tensor(0), call.tensor(1)};
  if (!call.absent(2)) inputs.push_back(call.tensor(2));
  call.give(call.add("Conv", inputs,
                     {{"strides", both_axes(call.wholes(3))},
                      {"pads", Wholes{padding[0], padding[1], padding[0], padding[1]}},
                      {"dilations", both_axes(call.wholes(5))},
                      {"group", call.whole(8)}}));
}

// Opset 17 has no group norm: it becomes an instance norm with one channel per group, then weight and bias are applied.
void group_norm(const OnnxCall& call) {
  const Wholes sizes = call.sizes(0);
  if (sizes.size() != 4) call.fail("is not over a map");
  const int64_t groups = call.whole(1);
  const std::string apart = reshaped(call, call.tensor(0), {-1, groups, sizes[1] / groups * sizes[2] * sizes[3]});
  const std::string normal =
      call.add("InstanceNormalization", {apart, call.constant(at::ones({groups})), call.constant(at::zeros({groups}))},
               {{"epsilon", float(call.number(4))}});
  const auto channels = [&](size_t i) { return call.add("Unsqueeze", {call.tensor(i), call.constant(Wholes{1, 2})}); };
  const std::string scaled = call.add("Mul", {reshaped(call, normal, sizes), channels(2)});
  call.give(call.add("Add", {scaled, channels(3)}));
}

void layer_norm(const OnnxCall& call) {
  call.give(call.add("LayerNormalization", {call.tensor(0), call.tensor(2), call.tensor(3)},
                     {{"axis", -int64_t(call.wholes(1).size())}, {"epsilon", float(call.number(4))}}));
}

void embedding(const OnnxCall& call) {
  call.give(call.add("Gather", {call.tensor(0), call.tensor(1)}, {{"axis", int64_t(0)}}));
}

void gather(const OnnxCall& call) {
  call.give(call.add("GatherElements", {call.tensor(0), call.tensor(2)}, {{"axis", call.axis(1)}}));
}

void argmax(const OnnxCall& call) {
  call.give(call.add("ArgMax", {call.tensor(0)}, {{"axis", call.axis(1)}, {"keepdims", int64_t(call.flag(2))}}));
}

void upsample_nearest(const OnnxCall& call) {
  const Wholes in = call.sizes(0), out = call.result_sizes();
  const auto scale = [&](size_t axis) { return float(out[axis]) / float(in[axis]); };
  const std::string scales = call.constant(at::tensor({1.f, 1.f, scale(2), scale(3)}));
  call.give(
      call.add("Resize", {call.tensor(0), "", scales},
               {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}}));
}

// softmax(q k^T / sqrt(d) + mask) v
void attention(const OnnxCall& call) {
  if (!call.absent(3) || !call.absent(6) || call.number(4) != 0 || call.flag(7))
    call.fail("has a mask, a dropout, a scale or groups of its own");
  const Wholes q = call.sizes(0), k = call.sizes(1);
  const double scale = 1 / std::sqrt(double(q.back()));
  const std::string scaled = call.add("Mul", {call.tensor(0), call.constant(scale)});
  std::string scores = call.add("MatMul", {scaled, swapped(call, call.tensor(1), k, {2, 3})});
  if (call.flag(5)) {
    const Tensor mask = at::full({q[2], k[2]}, -std::numeric_limits<float>::infinity()).triu(1);
    scores = call.add("Add", {scores, call.constant(mask)});
  }
  call.give(call.add("MatMul", {call.add("Softmax", {scores}, {{"axis", int64_t(-1)}}), call.tensor(2)}));
}

constexpr char exp_name[] = "Exp", cos_name[] = "Cos", sin_name[] = "Sin", sigmoid_name[] = "Sigmoid",
               relu_name[] = "Relu", tanh_name[] = "Tanh", add_name[] = "Add", sub_name[] = "Sub", mul_name[] = "Mul",
               div_name[] = "Div", matmul_name[] = "MatMul";

}  // namespace

const std::map<std::string, OnnxOperator>& onnx_operators() {
  static const std::map<std::string, OnnxOperator> table = {
      {"aten::_convolution", convolution},
      {"aten::add", sum<add_name>},
      {"aten::argmax", argmax},
      {"aten::cat", cat},
      {"aten::chunk", chunk},
      {"aten::constant_pad_nd", pad},
      {"aten::contiguous", alias},
      {"aten::cos", unary<cos_name>},
      {"aten::div", binary<div_name>},
      {"aten::embedding", embedding},
      {"aten::exp", unary<exp_name>},
      {"aten::expand", expand},
      {"aten::expand_as", expand_as},
      {"aten::flatten", reshape},
      {"aten::gather", gather},
      {"aten::gelu", gelu},
      {"aten::group_norm", group_norm},
      {"aten::layer_norm", layer_norm},
      {"aten::linear", linear},
      {"aten::matmul", binary<matmul_name>},
      {"aten::mul", binary<mul_name>},
      {"aten::narrow", narrow},
      {"aten::permute", permute},
      {"aten::relu", unary<relu_name>},
      {"aten::reshape", reshape},
      {"aten::scaled_dot_product_attention", attention},
      {"aten::select", select},
      {"aten::sigmoid", unary<sigmoid_name>},
      {"aten::silu", silu},
      {"aten::sin", unary<sin_name>},
      {"aten::squeeze", squeeze},
      {"aten::sub", sum<sub_name>},
      {"aten::tanh", unary<tanh_name>},
      {"aten::to", alias},
      {"aten::transpose", transpose},
      {"aten::tril", lower_triangle},
      {"aten::unflatten", reshape},
      {"aten::unsqueeze", unsqueeze},
      {"aten::upsample_nearest2d", upsample_nearest},
      {"aten::view", reshape},
  };
  return table;
}

}  // namespace mds
