// Attention of narrow heads and its gradients: as many heads at once as a register has lanes, each head in a lane of
// its own, so that sums over the few channels of a head need no sum over lanes.
#pragma once

#include "blocks/kernels/lanes.h"

namespace mds {

// q and what has its shape: N x queries x pitch; k and v: N x keys x pitch. A head is `each` neighbouring channels.
struct HeadShape {
  int64_t heads, queries, keys, each;
  float scale;  // of q k^T
  bool softmax, causal;
  int64_t pitch() const { return heads * each; }
};

template <class T>
struct HeadInputs {
  const T *q, *k, *v;
};
template <class T>
struct HeadGradients {
  T *q, *k, *v;
};

// Of the heads begin..end-1, counted through all samples.
struct HeadRange {
  int64_t begin, end;
};

void attend_by_lanes(const HeadShape& shape, const HeadRange& range, const HeadInputs<float>& in, float* out);
void attend_by_lanes(const HeadShape& shape, const HeadRange& range, const HeadInputs<Bf16>& in, Bf16* out);

// d_out: the gradient of the result.
void attend_by_lanes_backward(const HeadShape& shape, const HeadRange& range, const HeadInputs<float>& in,
                              const float* d_out, const HeadGradients<float>& to);
void attend_by_lanes_backward(const HeadShape& shape, const HeadRange& range, const HeadInputs<Bf16>& in,
                              const Bf16* d_out, const HeadGradients<Bf16>& to);

}  // namespace mds
