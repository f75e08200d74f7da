// Where the tiles of a prepared layer's result go, and what they meet there.
#pragma once

#include <ATen/ATen.h>

#include "blocks/kernels/epilogue.h"
#include "blocks/kernels/panels.h"
#include "blocks/kernels/prepared.h"

namespace mds {

template <class T>
const T* read(const Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}
template <class T>
T* written(const Tensor& x) {
  return static_cast<T*>(x.mutable_data_ptr());
}

// Channels last in memory, whether tokens or a map.
inline Tensor by_rows(const Tensor& x) {
  return x.contiguous(x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
}

// Columns of a layer's output, out x ..., in the order of its panels: each has 64, or 32 values and their 32 gates.
Tensor in_panels(const Tensor& by_output, bool gated);
// How many panels hold so many columns, gates included.
inline int64_t panels_of(int64_t outputs) { return (outputs + tile_columns - 1) / tile_columns; }
// What a layer packs of its weights, beside its bias.
struct PackedForm {
  std::vector<PackedShape> shapes;
  std::function<std::vector<Tensor>()> make;
};
// Those tensors and, as the last one, the bias in the order of panels: float32, zeros where there is none.
std::vector<Tensor> packed_layer(const LayerWeights& weights, bool gated, const PackedForm& form);
// The sums of one tile, memory of this thread.
float* tile_sums();
// Packs out x k, one panel after another: panels x panel_size(k).
Tensor packed(const Tensor& arranged_OK);

template <class T>
class Ending {
 public:
  // bias: float32, in the order of panels.
  Ending(const Epilogue& then, const Tensor& bias, const Tensor& out, bool gated = false)
      : then_(then), out_(out), gated_(gated), channels_(out.size(out.dim() == 4 ? 1 : -1)) {
    if (then_.residual.defined()) then_.residual = by_rows(then_.residual.to(out.scalar_type()));
    bias_ = bias;
    if (!then_.shift_NC.defined()) return;
    const Tensor shift = at::constant_pad_nd(then_.shift_NC.to(at::kFloat), {0, bias.size(0) - channels_});
    bias_ = (shift + bias).contiguous();
  }
  bool by_sample() const { return then_.shift_NC.defined(); }

  // Of the panel's sums, those that are needed.
  int64_t sums_of(int64_t panel) const {
    return gated_ ? tile_columns : in_lanes(std::min(tile_columns, channels_ - panel * tile_columns));
  }

  // The end of a tile whose rows are consecutive positions, or every step-th, counted through all samples.
  TileEnd<T> at(int64_t sample, int64_t position, int64_t panel, int64_t rows, int64_t step = 1) const {
    const int64_t width = gated_ ? tile_columns / 2 : tile_columns;
    const int64_t place = position * channels_ + panel * width;
    const float* bias = read<float>(bias_) + panel * tile_columns + (by_sample() ? sample * bias_.size(-1) : 0);
    return {.bias = bias,
            .activation = then_.activation,
            .gated = gated_,
            .residual = then_.residual.defined() ? read<T>(then_.residual) + place : nullptr,
            .residual_pitch = step * channels_,
            .out = written<T>(out_) + place,
            .out_pitch = step * channels_,
            .rows = rows,
            .columns = std::min(width, channels_ - panel * width)};
  }

 private:
  Epilogue then_;
  Tensor bias_, out_;
  bool gated_;
  int64_t channels_;
};

// A layer of either type of numbers: Layer<float> or Layer<Bf16>, by the type of the weights.
template <template <class> class Layer, class... Arguments>
PreparedLayerPtr prepared_for(at::ScalarType dtype, const Arguments&... arguments) {
  if (dtype == at::kBFloat16) return std::make_unique<Layer<Bf16>>(arguments...);
  return std::make_unique<Layer<float>>(arguments...);
}

}  // namespace mds
