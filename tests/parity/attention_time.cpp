// Times attention in prepared networks, and in trained ones with its gradients, against LibTorch's softmax attention:
// `attention_time [ROUNDS]`. All sides alternate in one run; each keeps its fastest pass, and LibTorch's is 1.00.
//
//     cmake --build --preset release --target attention_time && build/release/blocks/attention_time
#include <ATen/ATen.h>
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "blocks/kernels/attention.h"
#include "blocks/kernels/fused_attention.h"

using namespace mds;

namespace {

struct Size {
  int64_t queries, keys, heads;
  static constexpr int64_t each = 64;  // channels of a head
};

double seconds_of(const std::function<Tensor()>& pass) {
  const auto start = std::chrono::steady_clock::now();
  pass();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

AttentionOp op_of(const Size& size, AttentionFunction function) {
  return {.heads = size.heads, .keys = Shape::tokens(size.keys, size.heads * Size::each), .function = function};
}

using Sides = std::map<std::string, std::function<Tensor()>>;

// The first of the sides, by name, is what the others are compared with.
void time(const std::string& title, const Sides& sides, int64_t rounds) {
  std::map<std::string, double> fastest;
  for (int64_t i = 0; i <= rounds; ++i)  // the first warms up
    for (const auto& [side, pass] : sides) {
      const double seconds = seconds_of(pass);
      if (i > 0) fastest[side] = fastest.contains(side) ? std::min(fastest[side], seconds) : seconds;
    }
  for (const auto& [side, seconds] : fastest)
    std::printf("%s  %-16s %8.3f ms  %5.2f times as fast\n", title.c_str(), side.c_str(), 1e3 * seconds,
                fastest.begin()->second / seconds);
}

void time(const Size& size, at::ScalarType dtype, int64_t rounds) {
  const auto tokens = [&](int64_t n) { return at::randn({1, n, size.heads * Size::each}).to(dtype); };
  const AttentionInput in{tokens(size.queries), tokens(size.keys), tokens(size.keys)};
  const Tensor d_out = tokens(size.queries);
  const auto split = [&](const Tensor& x) { return x.unflatten(-1, {size.heads, -1}).transpose(1, 2); };
  const auto library = [&] {
    return at::scaled_dot_product_attention(split(in.q_NTC), split(in.k_NSC), split(in.v_NSC))
        .transpose(1, 2)
        .flatten(2);
  };
  const auto prepared = [&](AttentionFunction function) {
    return [&, function] { return fused_attention(op_of(size, function), in.q_NTC, in.k_NSC, in.v_NSC); };
  };
  const auto trained = [&](const std::function<Tensor()>& forward) {
    return [&, forward] {
      for (const Tensor& x : {in.q_NTC, in.k_NSC, in.v_NSC}) x.mutable_grad() = Tensor();
      forward().backward(d_out);
      return in.q_NTC.grad();
    };
  };
  const auto recorded = [&](AttentionFunction function) {
    return trained([&, function] { return attend(op_of(size, function), in); });
  };
  char title[64];
  std::snprintf(title, sizeof title, "%5ld x %4ld, %2ld heads, %-8s", long(size.queries), long(size.keys),
                long(size.heads), toString(dtype));
  {
    const torch::NoGradGuard no_grad;
    time(title,
         {{"library softmax", library},
          {"prepared softmax", prepared(AttentionFunction::softmax)},
          {"prepared relu", prepared(AttentionFunction::relu)}},
         rounds);
  }
  for (const Tensor& x : {in.q_NTC, in.k_NSC, in.v_NSC}) x.requires_grad_();
  time(title,
       {{"library softmax", trained(library)},
        {"trained softmax", recorded(AttentionFunction::softmax)},
        {"trained relu", recorded(AttentionFunction::relu)}},
       rounds);
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t rounds = argc > 1 ? std::atoll(argv[1]) : 20;
  at::manual_seed(1);
  for (const Size& size : {Size{1024, 1024, 16}, Size{256, 256, 16}, Size{256, 77, 16}, Size{1024, 77, 10}})
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) time(size, dtype, rounds);
}
