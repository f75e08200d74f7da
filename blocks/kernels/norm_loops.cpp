#include "blocks/kernels/norm_loops.h"

#include <cmath>

#pragma GCC diagnostic ignored "-Wpsabi"

namespace mds {
namespace {

template <class L, class T>
MDS_INLINE void moments(const ChannelRows<T>& of, const float* origin, float* sum, float* square) {
  const auto first = [&](int64_t c, int64_t n) MDS_INLINED {
    L::store(sum + c, L::all(0), n);
    L::store(square + c, L::all(0), n);
  };
  L::each(of.channels, first);
  for (int64_t r = 0; r < of.rows; ++r) {
    const T* x = of.x + r * of.channels;
    const auto add = [&](int64_t c, int64_t n) MDS_INLINED {
      const auto d = L::load(x + c, n) - L::load(origin + c, n);
      L::store(sum + c, L::load(sum + c, n) + d, n);
      L::store(square + c, L::load(square + c, n) + d * d, n);
    };
    L::each(of.channels, add);
  }
}

template <class L, class T>
MDS_INLINE void scaled_rows(const ChannelRows<T>& of, const ChannelAffine& by, T* y) {
  const auto run = [&](auto activation) MDS_INLINED {
    for (int64_t r = 0; r < of.rows; ++r) {
      const int64_t row = r * of.channels;
      const auto scale = [&](int64_t c, int64_t n) MDS_INLINED {
        const auto z = L::load(of.x + row + c, n) * L::load(by.scale + c, n) + L::load(by.shift + c, n);
        L::store(y + row + c, L::activate(activation, z), n);
      };
      L::each(of.channels, scale);
    }
  };
  with_activation(by.activation, run);
}

// The mean of a row and of the squares of what is left without `mean`.
template <class L, class T, bool squares>
MDS_INLINE float mean_of(const T* x, int64_t channels, float mean) {
  typename L::Vector total{};
  const auto add = [&](int64_t c, int64_t n) MDS_INLINED {
    auto d = L::load(x + c, n) - mean;
    if (n < L::count)
      for (int64_t i = n; i < L::count; ++i) d[i] = 0;
    total += squares ? d * d : d;
  };
  L::each(channels, add);
  return L::sum(total) / float(channels);
}

template <class L, class T>
MDS_INLINE void normalised_rows(const ChannelRows<T>& of, double eps, const ChannelAffine& by, T* y) {
  const auto run = [&](auto activation) MDS_INLINED {
    for (int64_t r = 0; r < of.rows; ++r) {
      const T* x = of.x + r * of.channels;
      const float mean = mean_of<L, T, false>(x, of.channels, 0);
      const float rstd = 1 / std::sqrt(mean_of<L, T, true>(x, of.channels, mean) + float(eps));
      const auto normalise = [&](int64_t c, int64_t n) MDS_INLINED {
        const auto z = (L::load(x + c, n) - mean) * rstd * L::load(by.scale + c, n) + L::load(by.shift + c, n);
        L::store(y + r * of.channels + c, L::activate(activation, z), n);
      };
      L::each(of.channels, normalise);
    }
  };
  with_activation(by.activation, run);
}

}  // namespace

MDS_EACH_WIDTH(void find_moments(const ChannelRows<float>& of, const float* origin, float* sum, float* square),
               moments<L>(of, origin, sum, square))
MDS_EACH_WIDTH(void find_moments(const ChannelRows<Bf16>& of, const float* origin, float* sum, float* square),
               moments<L>(of, origin, sum, square))
MDS_EACH_WIDTH(void scale_rows(const ChannelRows<float>& of, const ChannelAffine& by, float* y),
               scaled_rows<L>(of, by, y))
MDS_EACH_WIDTH(void scale_rows(const ChannelRows<Bf16>& of, const ChannelAffine& by, Bf16* y),
               scaled_rows<L>(of, by, y))
MDS_EACH_WIDTH(void normalise_rows(const ChannelRows<float>& of, double eps, const ChannelAffine& by, float* y),
               normalised_rows<L>(of, eps, by, y))
MDS_EACH_WIDTH(void normalise_rows(const ChannelRows<Bf16>& of, double eps, const ChannelAffine& by, Bf16* y),
               normalised_rows<L>(of, eps, by, y))

}  // namespace mds
