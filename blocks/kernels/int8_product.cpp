// Products with weights of 8 bits, each output of a layer with a scale of its own.
#include <ATen/native/CPUBlas.h>

#include "blocks/kernels/int8_loops.h"
#include "blocks/kernels/product_layer.h"

namespace mds {
namespace {

constexpr bool has_integer_products =
#if defined(CPUBLAS_BRGEMM_U8I8I32) && defined(__x86_64__)
    true;
#else
    false;
#endif

[[maybe_unused]] void integer_product(const TileRows<uint8_t>& rows, const int8_t* panel, int32_t* sums) {
#ifdef CPUBLAS_BRGEMM_U8I8I32
  at::native::cpublas::brgemm(rows.count, tile_columns, rows.k, rows.pitch, tile_columns, tile_columns, /*add_C=*/false,
                              static_cast<const unsigned char*>(rows.data), static_cast<const signed char*>(panel),
                              sums, /*is_vnni=*/true);
#endif
}

int64_t in_fours(int64_t k) { return (k + 3) / 4 * 4; }

// Weights as scale[output] * whole numbers from -127 to 127.
struct Int8Weights {
  Tensor numbers, scales;  // int8, float32

  explicit Int8Weights(const Tensor& arranged_OK) {
    const Tensor exact = arranged_OK.to(at::kFloat), most = exact.abs().amax(1);
    scales = at::where(most > 0, most / 127, at::ones_like(most));
    numbers = (exact / scales.unsqueeze(1)).round().to(at::kChar);
  }
};

// Rows are rounded to 8 bits as they come, each with its own range.
struct DynamicInt8 {
  int64_t inputs;
  Tensor numbers, scales, totals;  // totals: of each output's numbers

  DynamicInt8(int64_t k, const std::vector<Tensor>& packed)
      : inputs(k), numbers(packed[0]), scales(packed[1]), totals(packed[2]) {}

  static PackedForm form(const ProductWeights& of) {
    const int64_t fours = in_fours(of.inputs) / 4, outputs = of.panels * tile_columns;
    const auto make = [=] {
      const Int8Weights exact(of.arranged_OK());
      const Tensor padded = at::constant_pad_nd(exact.numbers, {0, 4 * fours - of.inputs});
      const Tensor numbers = padded.view({-1, tile_columns, fours, 4}).permute({0, 2, 1, 3}).contiguous();
      return std::vector{numbers, exact.scales, exact.numbers.sum(1).to(at::kInt)};
    };
    return {{{at::kChar, {of.panels, fours, tile_columns, 4}}, {at::kFloat, {outputs}}, {at::kInt, {outputs}}}, make};
  }

  struct Rows {
    const DynamicInt8& by;
    Tensor numbers, scales;

    Rows(const DynamicInt8& weights, const Tensor& x)
        : by(weights),
          numbers(at::empty({x.numel() / by.inputs, in_fours(by.inputs)}, at::kByte)),
          scales(at::empty({numbers.size(0), int64_t(sizeof(RowScale))}, at::kByte)) {
      at::parallel_for(0, numbers.size(0), /*grain_size=*/16, [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row)
          written<RowScale>(scales)[row] = quantise_row(read<Bf16>(x) + row * by.inputs, by.inputs,
                                                        written<uint8_t>(numbers) + row * numbers.size(1));
      });
    }

    void sum(const ProductChunk& chunk) const {
      alignas(64) int32_t sums[tile_rows * tile_columns];
      const int64_t k = numbers.size(1), column = chunk.panel * tile_columns;
      for (int64_t row = 0; row < chunk.rows; row += tile_rows) {
        const int64_t at = chunk.first + row, count = std::min(tile_rows, chunk.rows - row);
        integer_product({read<uint8_t>(numbers) + at * k, count, k, k}, read<int8_t>(by.numbers) + column * k, sums);
        scale_integers({sums, read<RowScale>(scales) + at, count, read<float>(by.scales) + column,
                        read<int32_t>(by.totals) + column},
                       chunk.sums + row * tile_columns);
      }
    }
  };
  Rows rows_of(const Tensor& x) const { return {*this, x}; }
};

// Panels are widened to bfloat16 as they are used.
struct WeightOnlyInt8 {
  int64_t inputs;
  Tensor numbers, scales;

  WeightOnlyInt8(int64_t k, const std::vector<Tensor>& packed) : inputs(k), numbers(packed[0]), scales(packed[1]) {}

  static PackedForm form(const ProductWeights& of) {
    const auto make = [=] {
      const Int8Weights exact(of.arranged_OK());
      return std::vector{packed(exact.numbers.to(at::kBFloat16)).to(at::kChar), exact.scales};
    };
    return {{{at::kChar, {of.panels, panel_size(of.inputs)}}, {at::kFloat, {of.panels * tile_columns}}}, make};
  }

  struct Rows {
    const WeightOnlyInt8& by;
    const Bf16* x;

    void sum(const ProductChunk& chunk) const {
      static thread_local std::vector<Bf16> panel;
      const int64_t size = panel_size(by.inputs);
      panel.resize(size_t(size));
      widen_integers(read<int8_t>(by.numbers) + chunk.panel * size, size, panel.data());
      const Bf16* const weights[] = {panel.data()};
      const auto open = opened<Bf16>(weights, by.inputs);
      const float* scales = read<float>(by.scales) + chunk.panel * tile_columns;
      for (int64_t row = 0; row < chunk.rows; row += tile_rows) {
        const int64_t count = std::min(tile_rows, chunk.rows - row);
        float* sums = chunk.sums + row * tile_columns;
        multiply({x + (chunk.first + row) * by.inputs, count, by.inputs, by.inputs}, open[0], {.data = sums});
        for (int64_t i = 0; i < count * tile_columns; ++i) sums[i] *= scales[i % tile_columns];
      }
    }
  };
  Rows rows_of(const Tensor& x) const { return {*this, read<Bf16>(x)}; }
};

}  // namespace

bool multiplies_int8() {
#if defined(__x86_64__)
  static const bool can = has_integer_products && multiplies_panels() && __builtin_cpu_supports("avx512vnni");
  return can;
#else
  return false;
#endif
}

PreparedLayerPtr prepare_int8_product(const LayerWeights& weights, bool gated) {
  return std::make_unique<ProductLayer<Bf16, DynamicInt8>>(weights, gated);
}

PreparedLayerPtr prepare_weight_only_product(const LayerWeights& weights, bool gated) {
  return std::make_unique<ProductLayer<Bf16, WeightOnlyInt8>>(weights, gated);
}

}  // namespace mds
