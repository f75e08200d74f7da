// The LibTorch module of each kind of layer. The constructor allocates weights; fill() or loading sets their values.
// Shape letters, here and in every file: N batch, C channels, H height, W width, T tokens, S text tokens, E time width,
// B boxes of a layout.
#pragma once

#include <torch/nn/module.h>

#include <map>
#include <memory>
#include <string>
#include <type_traits>

#include "blocks/kernels/attention.h"
#include "blocks/kernels/kernel.h"
#include "blocks/kernels/prepared.h"
#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

// in: the shape that a layer reads in its plan; others are right, too.
struct Preparation {
  Shape in;
  Quantisation quantisation = Quantisation::none;
  Packing* packing = nullptr;  // see LayerWeights
};

// A low-rank update of a layer, W + scale B A, in the form in which it is trained: B (A x) is added to what the layer
// makes of x. A convolution's A has its kernel, stride and zeros, and B is 1 x 1.
struct LowRank {
  Tensor down{};  // A: rank x in, or rank x in x rows x columns
  Tensor up{};    // B: out x rank, or out x rank x 1 x 1
  double scale = 1;
};

class LayerModule : public torch::nn::Module {
 public:
  // Fills the weights; `next` draws float32 values uniform in [-1, 1).
  virtual void fill(const std::function<Tensor(at::IntArrayRef)>& next) = 0;
  // Readies the layer for passes without gradients, by kernels that supports() names. Packed weights replace the
  // layer's own, which are then empty.
  virtual void prepare(const Preparation& to) = 0;
  // Adds an update, in place of an earlier one. Its tensors are not among the layer's weights. A programming error for
  // layers without products, for convolutions with groups, and where the layer was or will be prepared.
  virtual void adapt(const LowRank& update);
};

class LinearLayer final : public LayerModule {
 public:
  explicit LinearLayer(const LinearOp& op);
  // ... x in -> ... x out; x out / 2 where the layer is gated
  Tensor forward(const Tensor& x, const Epilogue& then = {}) const;
  void fill(const std::function<Tensor(at::IntArrayRef)>& next) override;
  void prepare(const Preparation& to) override;
  void adapt(const LowRank& update) override;

 private:
  Tensor product(const Tensor& x, const Epilogue& then, bool gated) const;  // without the update

  LinearOp op_;
  Tensor weight_, bias_;
  LowRank update_;
  PreparedLayerPtr prepared_;
};

class ConvolutionLayer final : public LayerModule {
 public:
  explicit ConvolutionLayer(const ConvolutionOp& op);
  Tensor forward(const Tensor& x_NCHW, const Epilogue& then = {}) const;
  const Tensor& weight() const { return weight_; }  // out x in / groups x rows x columns
  void fill(const std::function<Tensor(at::IntArrayRef)>& next) override;
  void prepare(const Preparation& to) override;
  void adapt(const LowRank& update) override;

 private:
  Tensor product(const Tensor& x_NCHW, const Epilogue& then) const;  // without the update

  ConvolutionOp op_;
  Tensor weight_, bias_;
  LowRank update_;
  PreparedLayerPtr prepared_;
};

class NormLayer final : public LayerModule {
 public:
  explicit NormLayer(const NormOp& op);
  Tensor forward(const Tensor& x) const;  // N x C x H x W, or N x T x C for a layer norm
  void fill(const std::function<Tensor(at::IntArrayRef)>& next) override;
  void prepare(const Preparation& to) override;

 private:
  NormOp op_;
  Tensor weight_, bias_;
  Tensor mean_, variance_;  // running statistics of a batch norm: buffers, loaded and never trained
  bool prepared_ = false;
};

class PoolLayer final : public LayerModule {
 public:
  explicit PoolLayer(const PoolOp& op) : op_(op) {}
  Tensor forward(const Tensor& x_NCHW) const;  // -> N x C x H x W, or N x C where the whole map is pooled
  void fill(const std::function<Tensor(at::IntArrayRef)>&) override {}
  void prepare(const Preparation&) override {}

 private:
  PoolOp op_;
};

class AttentionLayer final : public LayerModule {
 public:
  using Attend = std::function<Tensor(const AttentionOp& op, const AttentionInput& in)>;

  explicit AttentionLayer(const AttentionOp& op) : op_(op) {}
  const AttentionOp& op() const { return op_; }
  // Computes another function from now on, as a training does that changes the attention step by step.
  void replace(Attend attend) { attend_ = std::move(attend); }
  Tensor forward(const Tensor& q_NTC, const Tensor& k_NSC, const Tensor& v_NSC) const;  // -> N x T x C
  void fill(const std::function<Tensor(at::IntArrayRef)>&) override {}
  void prepare(const Preparation& to) override;

 private:
  AttentionOp op_;
  Attend attend_;  // empty: by op_
  bool prepared_ = false;
};

class TableLayer final : public LayerModule {
 public:
  explicit TableLayer(const TableOp& op);
  Tensor lookup(const Tensor& ids_NT) const;  // -> N x T x width
  const Tensor& rows() const { return weight_; }
  void fill(const std::function<Tensor(at::IntArrayRef)>& next) override;
  void prepare(const Preparation&) override {}

 private:
  TableOp op_;
  Tensor weight_;
};

// The module of a kind of layer.
template <class Op>
struct ModuleOf;
template <>
struct ModuleOf<LinearOp> : std::type_identity<LinearLayer> {};
template <>
struct ModuleOf<ConvolutionOp> : std::type_identity<ConvolutionLayer> {};
template <>
struct ModuleOf<NormOp> : std::type_identity<NormLayer> {};
template <>
struct ModuleOf<PoolOp> : std::type_identity<PoolLayer> {};
template <>
struct ModuleOf<AttentionOp> : std::type_identity<AttentionLayer> {};
template <>
struct ModuleOf<TableOp> : std::type_identity<TableLayer> {};
template <class Op>
using LayerOf = typename ModuleOf<Op>::type;

std::shared_ptr<LayerModule> make_layer(const LayerOp& op);

Tensor activate(Activation activation, const Tensor& x);

// Turns the positions of a map into tokens, row by row, and tokens back into a map with the height and width of `like`.
Tensor to_tokens(const Tensor& x_NCHW);
Tensor to_map(const Tensor& y_NTC, const Tensor& like_NCHW);

// The layers of one block by name. It is a programming error to ask for a layer that the block did not list.
class LayerMap {
 public:
  void add(const std::string& name, std::shared_ptr<LayerModule> layer) { layers_[name] = std::move(layer); }
  // The layers of the i-th of the parts that the block listed with repeat().
  LayerMap repeated(int64_t i) const {
    LayerMap inside = *this;
    inside.part_ = layer_path(part_, std::to_string(i));
    return inside;
  }

  template <class Op>
  const LayerOf<Op>& get(const LayerName<Op>& name) const {
    return dynamic_cast<const LayerOf<Op>&>(*layers_.at(path_of(name)));
  }
  // nullptr where the block has no such layer.
  template <class Op>
  const LayerOf<Op>* find(const LayerName<Op>& name) const {
    return layers_.contains(path_of(name)) ? &get(name) : nullptr;
  }

 private:
  std::string path_of(const LayerLabel& name) const { return layer_path(part_, name.text()); }

  std::map<std::string, std::shared_ptr<LayerModule>> layers_;
  std::string part_;  // of the block, in which names are looked up
};

}  // namespace mds
