#include "blocks/kernels/ending.h"

#include <ATen/Parallel.h>

namespace mds {

float* tile_sums() {
  alignas(64) static thread_local float sums[tile_rows * tile_columns];
  return sums;
}

Tensor in_panels(const Tensor& by_output, bool gated) {
  const auto padded = [](const Tensor& x, int64_t multiple) {
    std::vector<int64_t> sizes = x.sizes().vec();
    sizes[0] = (multiple - x.size(0) % multiple) % multiple;
    return sizes[0] == 0 ? x : at::cat({x, x.new_zeros(sizes)});
  };
  if (!gated) return padded(by_output, tile_columns).contiguous();
  constexpr int64_t half = tile_columns / 2;
  std::vector<Tensor> halves;
  for (const Tensor& x : by_output.chunk(2)) halves.push_back(padded(x, half).unflatten(0, {-1, half}));
  return at::cat(halves, 1).flatten(0, 1);
}

std::vector<Tensor> packed_layer(const LayerWeights& weights, bool gated, const PackedForm& form) {
  const int64_t outputs = weights.weight.size(0);
  const auto make = [&] {
    std::vector<Tensor> made = form.make();
    const Tensor bias = weights.bias.defined() ? weights.bias : at::zeros({outputs});
    made.push_back(in_panels(bias.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true), gated));  // the layer lets go
    return made;
  };
  if (!weights.packing) return make();
  std::vector<PackedShape> shapes = form.shapes;
  shapes.push_back({at::kFloat, {panels_of(outputs) * tile_columns}});
  return weights.packing->next(shapes, make);
}

Tensor packed(const Tensor& arranged_OK) {
  const int64_t panels = arranged_OK.size(0) / tile_columns, k = arranged_OK.size(1);
  const Tensor rows = arranged_OK.contiguous(), to = at::empty({panels, panel_size(k)}, rows.options());
  const auto pack = [&]<class T>(T) {
    at::parallel_for(0, panels, /*grain_size=*/1, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p)
        pack_transposed(read<T>(rows) + p * tile_columns * k, k, {k, tile_columns}, written<T>(to) + p * panel_size(k));
    });
  };
  rows.scalar_type() == at::kBFloat16 ? pack(Bf16{}) : pack(float{});
  return to;
}

}  // namespace mds
