// Names of layers within a block. A block declares each name once, as a constant beside its spec, with the kind of
// layer that it names. Its list of layers and its module both take the constant: another name, or the name of another
// kind of layer, does not compile.
#pragma once

#include <string>
#include <string_view>

namespace mds {

struct LinearOp;
struct ConvolutionOp;
struct NormOp;
struct AttentionOp;
struct TableOp;

// "outer.inner", or the one of them that is not empty. All dotted paths of layers are made here.
inline std::string layer_path(std::string_view outer, std::string_view inner) {
  const std::string_view dot = outer.empty() || inner.empty() ? "" : ".";
  return std::string(outer).append(dot).append(inner);
}

struct LayerLabel {
  std::string_view name{};  // empty where the layer is the whole block
  std::string_view part{};  // of the block, in which the layer stands

  std::string text() const { return layer_path(part, name); }
};

template <class Op>
struct LayerName : LayerLabel {
  constexpr LayerName(std::string_view layer, std::string_view in_part = {}) : LayerLabel{layer, in_part} {}
};

// The layer of a block that has only one.
template <class Op>
inline constexpr LayerName<Op> sole_layer{""};

// An attention and the linear layers around it, all in one part of a block. Keys and values share `kv`, or have `k` and
// `v`.
struct AttentionNames {
  std::string_view part{};
  LayerName<LinearOp> q{"q", part}, k{"k", part}, v{"v", part}, kv{"kv", part}, out{"out", part};
  LayerName<AttentionOp> attention{"qkv", part};
};

// A convolution and the batch norm behind it.
struct NormedConvolutionNames {
  LayerName<ConvolutionOp> convolution;
  LayerName<NormOp> norm;
};

}  // namespace mds
