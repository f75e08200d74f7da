#include "blocks/layer.h"

#include <algorithm>

namespace mds {
namespace {

template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// How many pairs (output position, kernel tap) along one side meet data and not padding.
int64_t valid_taps(const ConvolutionOp& op, int64_t taps, int64_t n_in, int64_t n_out) {
  const int64_t before = padding_of(op, taps).before;
  int64_t pairs = 0;
  for (int64_t tap = 0; tap < taps; ++tap) {
    const int64_t first = std::max<int64_t>(0, -floor_div(tap - before, op.stride));
    const int64_t last = std::min(n_out - 1, floor_div(n_in - 1 + before - tap, op.stride));
    pairs += std::max<int64_t>(0, last - first + 1);
  }
  return pairs;
}

Cost linear_cost(const LinearOp& op, const Shape& in) {
  const int64_t weights = multiply_counts(op.in, op.out), macs = multiply_counts(weights, in.height, in.width);
  return {add_counts(weights, op.bias ? op.out : 0), macs, macs};
}

Cost convolution_cost(const ConvolutionOp& op, const Shape& in, const Shape& out) {
  const int64_t per_tap = multiply_counts(op.in / op.groups, op.out), taps = op.kernel * op.kernel_width();
  const int64_t dense = multiply_counts(out.height, out.width, taps);
  const int64_t valid = multiply_counts(valid_taps(op, op.kernel, in.height, out.height),
                                        valid_taps(op, op.kernel_width(), in.width, out.width));
  return {add_counts(multiply_counts(per_tap, taps), op.bias ? op.out : 0), multiply_counts(per_tap, dense),
          multiply_counts(per_tap, valid)};
}

Cost attention_cost(const AttentionOp& op, const Shape& queries) {
  const int64_t macs = multiply_counts(int64_t(2), queries.height, op.keys.height, queries.channels);
  return {0, macs, macs};
}

std::string text(int64_t n) { return std::to_string(n); }

std::string op_text(const ConvolutionOp& op) {
  const std::string kernel = text(op.kernel) + "x" + text(op.kernel_width());
  return (op.groups > 1 ? "dwconv " : "conv ") + kernel + (op.stride > 1 ? " s" + text(op.stride) : "");
}

std::string op_text(const NormOp& op, const Shape& in) {
  if (op.kind == NormKind::layer) return in.kind == ShapeKind::map ? "norm" : "LN";
  std::string name = op.kind == NormKind::batch ? "BN" : "GN" + text(op.groups);
  if (op.activation == Activation::silu)
    name += " SiLU";
  else if (op.activation != Activation::none)
    name += " " + std::string(name_of(op.activation));
  return name;
}

std::string op_text(const PoolOp& op) {
  const std::string kind = op.kind == PoolKind::max ? "max pool" : "avg pool";
  if (op.kernel == 0) return kind + " all";
  return kind + " " + text(op.kernel) + "x" + text(op.kernel) + (op.stride > 1 ? " s" + text(op.stride) : "");
}

// How many positions a kernel takes along a side of n.
int64_t places(int64_t kernel, int64_t stride, Border border, int64_t n) {
  const int64_t room = n + border.before + border.after - kernel;
  if (room < 0)
    throw ConfigError("a kernel of " + text(kernel) + " is larger than the map's side of " + text(n) +
                      " with its border; allowed: larger maps");
  return room / stride + 1;
}

}  // namespace

Shape output_shape(const ConvolutionOp& op, const Shape& in) {
  const int64_t rows = op.kernel, columns = op.kernel_width();
  return Shape::map(op.out, places(rows, op.stride, padding_of(op, rows), in.height),
                    places(columns, op.stride, padding_of(op, columns), in.width));
}

Shape output_shape(const PoolOp& op, const Shape& in) {
  if (op.kernel == 0) return Shape::vector(in.channels);
  const Border border{op.border, op.border};
  return Shape::map(in.channels, places(op.kernel, op.stride, border, in.height),
                    places(op.kernel, op.stride, border, in.width));
}

Border padding_of(const ConvolutionOp& op, int64_t taps) {
  if (op.border) return *op.border;
  switch (op.padding) {
    case Padding::same:
      return {taps / 2, taps / 2};
    case Padding::after:
      return {0, 1};
    case Padding::none:
      break;
  }
  return {0, 0};
}

Cost cost(const LayerOp& op, const Shape& in, const Shape& out) {
  return std::visit(Overload{
                        [&](const LinearOp& o) { return linear_cost(o, in); },
                        [&](const ConvolutionOp& o) { return convolution_cost(o, in, out); },
                        [&](const NormOp& o) { return Cost{2 * o.channels, 0, 0}; },
                        [&](const AttentionOp& o) { return attention_cost(o, in); },
                        [&](const TableOp& o) { return Cost{multiply_counts(o.rows, o.width), 0, 0}; },
                        [](const PoolOp&) { return Cost{}; },
                    },
                    op);
}

std::string op_name(const LayerOp& op, const Shape& in) {
  return std::visit(Overload{
                        [](const LinearOp& o) -> std::string { return o.gated ? "linear; GLU" : "linear"; },
                        [](const ConvolutionOp& o) { return op_text(o); },
                        [&](const NormOp& o) { return op_text(o, in); },
                        [](const AttentionOp&) -> std::string { return "QK^T; AV"; },
                        [](const TableOp&) -> std::string { return "table"; },
                        [](const PoolOp& o) { return op_text(o); },
                    },
                    op);
}

std::string input_name(const Layer& layer) {
  const auto* attention = std::get_if<AttentionOp>(&layer.op);
  return to_string(layer.in) + (attention ? "; " + to_string(attention->keys) : "");
}

std::string weight_name(const LayerOp& op) {
  return std::visit(Overload{
                        [](const LinearOp& o) { return text(o.out) + "x" + text(o.in) + (o.bias ? " +b" : ""); },
                        [](const ConvolutionOp& o) {
                          return text(o.out) + "x" + text(o.in / o.groups) + "x" + text(o.kernel) + "x" +
                                 text(o.kernel_width()) + (o.bias ? " +b" : "");
                        },
                        [](const NormOp& o) { return text(o.channels) + " +b"; },
                        [](const AttentionOp&) { return std::string("-"); },
                        [](const TableOp& o) { return text(o.rows) + "x" + text(o.width); },
                        [](const PoolOp&) { return std::string("-"); },
                    },
                    op);
}

void CostSink::repeat(int64_t count, const std::function<void()>& body) {
  const Cost before = total;
  total = {};
  body();
  const Cost part = total;
  total = before;
  total += count * part;
}

void ListSink::take(const LayerLabel& name, const LayerOp& op, const Shape& in, const Shape& out) {
  layers.push_back({layer_path(part_, name.text()), op, in, out});
}

void ListSink::repeat(int64_t count, const std::function<void()>& body) {
  const std::string outer = part_;
  for (int64_t i = 0; i < count; ++i) {
    part_ = layer_path(outer, std::to_string(i));
    body();
  }
  part_ = outer;
}

int64_t norm_groups(int64_t channels, int64_t most) {
  int64_t groups = 1;
  while (2 * groups <= most && channels % (2 * groups) == 0) groups *= 2;
  return groups;
}

void require_divides(std::string_view what, int64_t divisor, int64_t width) {
  if (divisor < 1 || width % divisor != 0)
    throw ConfigError(std::string(what) + " " + std::to_string(divisor) + " does not divide the width " +
                      std::to_string(width) + "; allowed: its divisors");
}

}  // namespace mds
