// The dozen kinds of layer that blocks consist of, as data: what a layer is, what it costs, how it prints.
// A block lists its layers once, through a LayerSink; cost, layer tables, weights and adapters all read that list.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "blocks/layer_name.h"
#include "spec/cost.h"
#include "spec/describe.h"
#include "spec/shape.h"

namespace mds {

enum class Activation : uint8_t { none, silu, gelu, quick_gelu, relu, relu6 };
template <>
struct EnumNames<Activation> {
  static constexpr std::array names{"none", "silu", "gelu", "quick_gelu", "relu", "relu6"};
};

// layer: normalises over the channels of each position; batch: uses the running statistics stored with the weights,
// never those of the batch.
enum class NormKind : uint8_t { group, layer, batch };
template <>
struct EnumNames<NormKind> {
  static constexpr std::array names{"group", "layer", "batch"};
};

enum class AttentionFunction : uint8_t { softmax, relu };
template <>
struct EnumNames<AttentionFunction> {
  static constexpr std::array names{"softmax", "relu"};
};

// How the weights of a layer are initialised. uniform: within 1/sqrt(fan in); zero: for the last layer of a residual
// branch; non_negative: magnitudes of uniform values, for a layer whose weights may never be negative.
enum class Init : uint8_t { uniform, zero, non_negative };
template <>
struct EnumNames<Init> {
  static constexpr std::array names{"uniform", "zero", "non_negative"};
};

struct LinearOp {
  int64_t in, out;
  bool bias = true;
  bool gated = false;  // the output is halves (value, gate), combined next: prints as "linear; GLU"
  Init init = Init::uniform;
};

// Zeros around a map. same: kernel / 2 on each side; none; after: one row below and one column to the right, the
// padding of Stable Diffusion's encoder before it halves a map.
enum class Padding : uint8_t { same, none, after };
template <>
struct EnumNames<Padding> {
  static constexpr std::array names{"same", "none", "after"};
};

// How many rows of zeros are above and below a map, or columns to its left and right.
struct Border {
  int64_t before = 0, after = 0;
  bool operator==(const Border&) const = default;
};

struct ConvolutionOp {
  int64_t in, out;
  int64_t kernel = 1, stride = 1, groups = 1;
  Init init = Init::uniform;
  bool bias = true;
  Padding padding = Padding::same;
  int64_t columns = 0;             // width of the kernel; 0: as its height, `kernel`
  std::optional<Border> border{};  // zeros around the map, overriding `padding`
  bool upsampled = false;          // reads a map of half its height and width, enlarged by nearest neighbour

  int64_t kernel_width() const { return columns > 0 ? columns : kernel; }
};
// The padding along the side on which the kernel has `taps`.
Border padding_of(const ConvolutionOp& op, int64_t taps);

struct NormOp {
  NormKind kind;
  int64_t channels;
  int64_t groups = 0;
  double eps = 1e-5;
  Activation activation = Activation::none;  // applied to the normalised values in the same layer
};
inline NormOp token_norm(int64_t width) { return {NormKind::layer, width}; }  // over the channels of each token

enum class PoolKind : uint8_t { max, average };
template <>
struct EnumNames<PoolKind> {
  static constexpr std::array names{"max", "average"};
};

// The maximum or mean over a square of positions, channel by channel; kernel 0 pools the whole map to a vector. It has
// no weights. A maximum ignores the `border` rows and columns on every side. A mean counts them as zeros where
// `counts_border` is set, and otherwise averages only over the positions of the map.
struct PoolOp {
  PoolKind kind = PoolKind::max;
  int64_t kernel = 0, stride = 1, border = 0;
  bool counts_border = false;
};

// The two matrix products of attention, without weights. The layer's `in` is the shape of the queries.
struct AttentionOp {
  int64_t heads;
  Shape keys;  // tokens
  AttentionFunction function = AttentionFunction::softmax;
  bool causal = false;
};

// A table of vectors: rows are looked up by index, or all are added (positions, class token); of one number, a gate.
struct TableOp {
  int64_t rows, width;
  Init init = Init::uniform;
};

using LayerOp = std::variant<LinearOp, ConvolutionOp, NormOp, AttentionOp, TableOp, PoolOp>;

struct Layer {
  std::string name;  // name within its block; empty where the block is this one layer
  LayerOp op;
  Shape in, out;
};

// The shape of the output. ConfigError where the kernel is larger than the map with its border.
Shape output_shape(const ConvolutionOp& op, const Shape& in);
Shape output_shape(const PoolOp& op, const Shape& in);

Cost cost(const LayerOp& op, const Shape& in, const Shape& out);
std::string op_name(const LayerOp& op, const Shape& in);  // "conv 3x3 s2", "GN32 SiLU", "QK^T; AV"
std::string input_name(const Layer& layer);               // "256x1024"; attention adds the keys after "; "
std::string weight_name(const LayerOp& op);               // "640x320x3x3 +b", "-" where there is none

// Receives a block's layers in the order they run.
class LayerSink {
 public:
  virtual ~LayerSink() = default;
  template <class Op>
  void add(const LayerName<Op>& name, const std::type_identity_t<Op>& op, const Shape& in, const Shape& out) {
    take(name, op, in, out);
  }
  // `body` lists the layers of each of `count` equal parts, which are named "0", "1", ...
  virtual void repeat(int64_t count, const std::function<void()>& body) = 0;

 protected:
  virtual void take(const LayerLabel& name, const LayerOp& op, const Shape& in, const Shape& out) = 0;
};

// Sums costs without allocating, and evaluates a repeated part only once.
class CostSink final : public LayerSink {
 public:
  void repeat(int64_t count, const std::function<void()>& body) override;
  Cost total;

 private:
  void take(const LayerLabel&, const LayerOp& op, const Shape& in, const Shape& out) override {
    total += cost(op, in, out);
  }
};

class ListSink final : public LayerSink {
 public:
  void repeat(int64_t count, const std::function<void()>& body) override;
  std::vector<Layer> layers;

 private:
  void take(const LayerLabel& name, const LayerOp& op, const Shape& in, const Shape& out) override;
  std::string part_;  // the repeated part whose layers are listed now
};

// The number of groups of a group norm: the largest power of two up to `most` that divides the width.
inline constexpr int64_t most_norm_groups = 32;
int64_t norm_groups(int64_t channels, int64_t most = most_norm_groups);

// ConfigError "width 30: ..." where `divisor`, such as a number of heads, does not divide it; `what` names the field.
void require_divides(std::string_view what, int64_t divisor, int64_t width);

}  // namespace mds
