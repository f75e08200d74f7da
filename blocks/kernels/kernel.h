// Which code computes a layer: LibTorch's operators, or a kernel of our own where that is faster.
#pragma once

#include <ATen/core/Tensor.h>

#include "blocks/layer.h"
#include "spec/tensor.h"

namespace mds {

enum class Kernel : uint8_t {
  library,             // LibTorch's operators
  group_norm_by_rows,  // rows_group_norm(): group norm and SiLU of a channels-last map
  recorded_product,    // recorded_product(): linear layers and 1x1 convolutions
  lane_attention,      // recorded_attention() of narrow heads
  tiled_attention,     // recorded_attention() of wide heads
  // Of prepared networks, all without gradients:
  product,              // prepare_product()
  int8_product,         // prepare_int8_product()
  weight_only_product,  // prepare_weight_only_product()
  taps,                 // prepare_taps()
  winograd,             // prepare_winograd()
  plain_norm,           // plain_norm()
  fused_attention,      // fused_attention()
};

// The numbers that the weights of products are rounded to.
enum class Quantisation : uint8_t { none, int8, int8_weights };

// Where a layer runs, as far as kernels differ in it.
struct KernelSite {
  c10::DeviceType device;
  Shape in;                                        // of one sample
  bool channels_last = false;                      // the memory of a map
  bool prepared = false;                           // weights may be packed, and no gradients will be wanted
  Quantisation quantisation = Quantisation::none;  // where it is prepared
};
KernelSite site_of(const Tensor& x);  // N x C x H x W, N x T x C or N x C

// The kernel that computes `op`. dtype: of the weights, or of the input where the op has none. grad: whether gradients
// will flow back through the op. Other passes use the library, because they are traced and exported, unless the network
// was prepared.
Kernel supports(const LayerOp& op, const KernelSite& site, c10::ScalarType dtype, bool grad);

// Whether gradients will flow back through an operation on x.
bool is_recorded(const Tensor& x);

}  // namespace mds
