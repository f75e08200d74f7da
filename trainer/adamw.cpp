#include "trainer/adamw.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>

#include "trainer/adamw_loops.h"

namespace mds {
namespace {

constexpr int64_t slice = 1 << 14;  // numbers of one task; it does not depend on the threads, nor do sums of slices

// The parts of tensors that are tasks of their own: (tensor, first number, count).
struct Slice {
  size_t tensor;
  int64_t first, count;
};
std::vector<Slice> slices_of(size_t tensors, const auto& size_of) {
  std::vector<Slice> slices;
  for (size_t i = 0; i < tensors; ++i)
    for (int64_t first = 0, size = size_of(i); first < size; first += slice)
      slices.push_back({i, first, std::min(slice, size - first)});
  return slices;
}

void for_each_slice(const std::vector<Slice>& slices, const auto& work) {
  at::parallel_for(0, int64_t(slices.size()), /*grain_size=*/1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) work(size_t(i), slices[size_t(i)]);
  });
}

void take_step_by_rows(const std::vector<AdamWState>& states, const AdamWStep& by) {
  const double first_left = 1 - std::pow(by.beta1, double(by.step)),
               second_left = 1 - std::pow(by.beta2, double(by.step));
  const AdamWFactors factors{.clip = float(by.clip),
                             .beta1 = float(by.beta1),
                             .beta2 = float(by.beta2),
                             .shrink = float(1 - by.lr * by.weight_decay),
                             .rate = float(by.lr / first_left),
                             .root = float(1 / std::sqrt(second_left)),
                             .epsilon = float(by.epsilon),
                             .share = float(by.share)};
  const auto slices = slices_of(states.size(), [&](size_t i) { return states[i].weight.numel(); });
  for_each_slice(slices, [&](size_t, const Slice& part) {
    const AdamWState& of = states[part.tensor];
    const auto at = [&](const Tensor& x) { return x.mutable_data_ptr<float>() + part.first; };
    take_step({.weight = at(of.weight),
               .gradient = of.gradient.defined() ? at(of.gradient) : nullptr,
               .mean = at(of.mean),
               .square = at(of.square),
               .average = at(of.average),
               .count = part.count},
              factors);
  });
}

void take_step_by_library(const std::vector<AdamWState>& states, const AdamWStep& by) {
  std::vector<Tensor> weights, gradients, means, squares, all, averages;
  for (const AdamWState& of : states) {
    all.push_back(of.weight);
    averages.push_back(of.average);
    if (!of.gradient.defined()) continue;
    weights.push_back(of.weight);
    gradients.push_back(of.gradient);
    means.push_back(of.mean);
    squares.push_back(of.square);
  }
  if (by.clip != 1) at::_foreach_mul_(gradients, by.clip);
  const std::vector<Tensor> steps(weights.size(),
                                  at::scalar_tensor(double(by.step), all[0].options().dtype(at::kFloat)));
  at::_fused_adamw_(weights, gradients, means, squares, {}, steps, by.lr, by.beta1, by.beta2, by.weight_decay,
                    by.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  at::_foreach_lerp_(averages, all, by.share);
}

}  // namespace

void take_step(const std::vector<AdamWState>& states, const AdamWStep& step) {
  if (states.empty()) return;
  states[0].weight.is_cpu() ? take_step_by_rows(states, step) : take_step_by_library(states, step);
}

double norm_of(const std::vector<Tensor>& gradients) {
  if (gradients.empty()) return 0;
  if (!gradients[0].is_cpu()) return at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  const auto slices = slices_of(gradients.size(), [&](size_t i) { return gradients[i].numel(); });
  std::vector<double> sums(slices.size());
  for_each_slice(slices, [&](size_t i, const Slice& part) {
    sums[i] = sum_of_squares(gradients[part.tensor].const_data_ptr<float>() + part.first, part.count);
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return std::sqrt(total);
}

}  // namespace mds
