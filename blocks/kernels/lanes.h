// Vectors of float32 values that fill one register, and the loads, stores and functions that kernels need of them.
// bfloat16 values are widened when they are loaded and rounded to nearest even when stored.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "blocks/layer.h"

#define MDS_INLINE [[gnu::always_inline]] inline
#define MDS_INLINED __attribute__((always_inline))  // of a lambda
#define MDS_TARGET(name) __attribute__((target(name)))

// Defines a function whose body is compiled for each width of vector registers; the processor's own is chosen when it
// is called. `L` is that width's Lanes in the statement that is its body.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define MDS_EACH_WIDTH(function, ...)                                                                 \
  function {                                                                                          \
    const auto by_16 = [&]() MDS_TARGET("arch=x86-64-v4") {                                           \
      using L = ::mds::Lanes<16>;                                                                     \
      __VA_ARGS__;                                                                                    \
    };                                                                                                \
    const auto by_16_bf16 = [&]() MDS_TARGET("arch=x86-64-v4") {                                      \
      using L = ::mds::Lanes<16, true>;                                                               \
      __VA_ARGS__;                                                                                    \
    };                                                                                                \
    const auto by_8 = [&]() MDS_TARGET("arch=x86-64-v3") {                                            \
      using L = ::mds::Lanes<8>;                                                                      \
      __VA_ARGS__;                                                                                    \
    };                                                                                                \
    const auto by_4 = [&] {                                                                           \
      using L = ::mds::Lanes<4>;                                                                      \
      __VA_ARGS__;                                                                                    \
    };                                                                                                \
    if (__builtin_cpu_supports("x86-64-v4")) return ::mds::rounds_to_bf16() ? by_16_bf16() : by_16(); \
    return __builtin_cpu_supports("x86-64-v3") ? by_8() : by_4();                                     \
  }
#else
#define MDS_EACH_WIDTH(function, ...) \
  function {                          \
    using L = ::mds::Lanes<4>;        \
    __VA_ARGS__;                      \
  }
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"  // of vectors as arguments: all these functions are inlined

namespace mds {

// The bits of a bfloat16 value, laid out as at::BFloat16 is.
struct Bf16 {
  uint16_t bits;
};

inline constexpr int64_t most_lanes = 16;

// Whether the processor has an instruction that rounds 16 values to bfloat16.
inline bool rounds_to_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

// Vectors of n elements; compilers take no size that depends on a template's argument.
template <int64_t n>
struct Registers;
template <>
struct Registers<16> {
  using Floats = float __attribute__((vector_size(64)));
  using Ints = int32_t __attribute__((vector_size(64)));
  using Words = uint32_t __attribute__((vector_size(64)));
  using Halves = uint16_t __attribute__((vector_size(32)));
  using Bytes = uint8_t __attribute__((vector_size(16)));
  using SmallInts = int8_t __attribute__((vector_size(16)));
};
template <>
struct Registers<8> {
  using Floats = float __attribute__((vector_size(32)));
  using Ints = int32_t __attribute__((vector_size(32)));
  using Words = uint32_t __attribute__((vector_size(32)));
  using Halves = uint16_t __attribute__((vector_size(16)));
  using Bytes = uint8_t __attribute__((vector_size(8)));
  using SmallInts = int8_t __attribute__((vector_size(8)));
};
template <>
struct Registers<4> {
  using Floats = float __attribute__((vector_size(16)));
  using Ints = int32_t __attribute__((vector_size(16)));
  using Words = uint32_t __attribute__((vector_size(16)));
  using Halves = uint16_t __attribute__((vector_size(8)));
  using Bytes = uint8_t __attribute__((vector_size(4)));
  using SmallInts = int8_t __attribute__((vector_size(4)));
};

// rounding: by the processor's instruction, see rounds_to_bf16().
template <int64_t n, bool rounding = false>
struct Lanes {
  static constexpr int64_t count = n;
  using Vector = typename Registers<n>::Floats;
  using Ints = typename Registers<n>::Ints;
  using Words = typename Registers<n>::Words;
  using Halves = typename Registers<n>::Halves;
  using Bytes = typename Registers<n>::Bytes;
  using SmallInts = typename Registers<n>::SmallInts;

  MDS_INLINE static Vector all(float x) { return Vector{} + x; }

  MDS_INLINE static Vector load(const float* p) {
    Vector v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  MDS_INLINE static Vector load(const Bf16* p) {
    Halves bits;
    std::memcpy(&bits, p, sizeof bits);
    return Vector(__builtin_convertvector(bits, Words) << 16);
  }

  MDS_INLINE static void store(float* p, const Vector& v) { std::memcpy(p, &v, sizeof v); }
  MDS_INLINE static void store(Bf16* p, const Vector& v) {
    if constexpr (rounding) {  // by name, because functions are not compiled for this instruction set
      Halves halves;
      asm("vcvtneps2bf16 %1, %0" : "=v"(halves) : "v"(v));
      std::memcpy(p, &halves, sizeof halves);
      return;
    }
    const Words bits = Words(v), rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    const Words quiet = Words{} + 0x7fc0;  // rounding up could turn a NaN into an infinity
    const Halves halves = __builtin_convertvector(v == v ? rounded : quiet, Halves);
    std::memcpy(p, &halves, sizeof halves);
  }

  // The first `some` values of up to `count`; the others are zero and are not touched in memory.
  template <class T>
  MDS_INLINE static Vector load(const T* p, int64_t some) {
    if (some >= count) return load(p);
    T padded[count] = {};
    for (int64_t i = 0; i < some; ++i) padded[i] = p[i];
    return load(padded);
  }
  template <class T>
  MDS_INLINE static void store(T* p, const Vector& v, int64_t some) {
    if (some >= count) return store(p, v);
    T padded[count];
    store(padded, v);
    for (int64_t i = 0; i < some; ++i) p[i] = padded[i];
  }

  // visit(first, some): whole vectors of n values, then the rest. Where it is inlined, only the rest is masked.
  template <class Visit>
  MDS_INLINE static void each(int64_t n_values, const Visit& visit) {
    int64_t i = 0;
    for (; i + count <= n_values; i += count) visit(i, count);
    if (i < n_values) visit(i, n_values - i);
  }

  MDS_INLINE static Vector max(const Vector& a, const Vector& b) { return a > b ? a : b; }

  MDS_INLINE static Vector sqrt(Vector v) {
#if defined(__x86_64__)
    if constexpr (n == 4)
      asm("sqrtps %1, %0" : "=x"(v) : "x"(v));
    else
      asm("vsqrtps %1, %0" : "=v"(v) : "v"(v));
#else
    for (int64_t i = 0; i < count; ++i) v[i] = std::sqrt(v[i]);
#endif
    return v;
  }

  MDS_INLINE static float sum(const Vector& v) {
    float total = 0;
    for (int64_t i = 0; i < count; ++i) total += v[i];
    return total;
  }
  MDS_INLINE static float largest(const Vector& v) {
    float most = v[0];
    for (int64_t i = 1; i < count; ++i) most = v[i] > most ? v[i] : most;
    return most;
  }

  // 2^k is made from exponent bits, the rest is Cephes' polynomial; relative error below 2e-7.
  MDS_INLINE static Vector exp(Vector x) {
    const Vector low = all(-87.0f), high = all(88.0f);
    x = x < low ? low : x;  // written so that a NaN stays one
    x = x > high ? high : x;
    const Vector rounder = all(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
    const Vector shifted = x * 1.44269504f + rounder, k = shifted - rounder;
    const Vector r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    Vector p = all(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return p * Vector(((Ints(shifted) - Ints(rounder)) + 127) << 23);
  }

  // 2^x for x <= 0; the polynomial has the least relative error of its degree, 8e-8.
  MDS_INLINE static Vector exp2(Vector x) {
    const Vector low = all(-126.0f), rounder = all(12582912.0f);  // as in exp
    x = x < low ? low : x;
    const Vector shifted = x + rounder, r = x - (shifted - rounder);
    Vector p = all(1.327647198e-3f);
    p = p * r + 9.675541334e-3f;
    p = p * r + 5.550713274e-2f;
    p = p * r + 2.402211972e-1f;
    p = p * r + 6.931469671e-1f;
    p = p * r + 1.000000072f;
    return p * Vector((Ints(shifted) << 23) + (127 << 23));  // the shift leaves the last bits, those of the integer
  }

  MDS_INLINE static Vector sigmoid(const Vector& x) { return 1.0f / (1.0f + exp(-x)); }

  // Abramowitz and Stegun 7.1.26; absolute error below 2e-7.
  MDS_INLINE static Vector erf(const Vector& x) {
    const Vector zero{}, size = x < zero ? -x : x, t = 1.0f / (1.0f + 0.3275911f * size);
    Vector p = all(1.061405429f);
    p = p * t - 1.453152027f;
    p = p * t + 1.421413741f;
    p = p * t - 0.284496736f;
    p = p * t + 0.254829592f;
    const Vector y = 1.0f - p * t * exp(-size * size);
    return x < zero ? -y : y;
  }

  MDS_INLINE static Vector activate(Activation activation, const Vector& x) {
    const Vector zero{}, six = all(6);
    switch (activation) {
      case Activation::silu:
        return x * sigmoid(x);
      case Activation::gelu:
        return 0.5f * x * (1.0f + erf(x * 0.70710678f));
      case Activation::quick_gelu:
        return x * sigmoid(1.702f * x);
      case Activation::relu:
        return x < zero ? zero : x;
      case Activation::relu6:
        return x < zero ? zero : x > six ? six : x;
      case Activation::none:
        break;
    }
    return x;
  }
};

// run(activation) with the activation as a constant, so that a loop inside makes no choice.
template <class Run>
MDS_INLINE void with_activation(Activation activation, const Run& run) {
  switch (activation) {
    case Activation::none:
      return run(std::integral_constant<Activation, Activation::none>());
    case Activation::silu:
      return run(std::integral_constant<Activation, Activation::silu>());
    case Activation::gelu:
      return run(std::integral_constant<Activation, Activation::gelu>());
    case Activation::quick_gelu:
      return run(std::integral_constant<Activation, Activation::quick_gelu>());
    case Activation::relu:
      return run(std::integral_constant<Activation, Activation::relu>());
    case Activation::relu6:
      return run(std::integral_constant<Activation, Activation::relu6>());
  }
}

}  // namespace mds

#pragma GCC diagnostic pop
