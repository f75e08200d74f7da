#include "trainer/gradients.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/types.h>

#include <algorithm>

namespace mds {
namespace {

constexpr int64_t bucket_numbers = 25 * (1 << 20) / 4, line_numbers = 16;  // 25 MiB, and a cache line, of float32

int64_t rounded_up(int64_t n, int64_t multiple) { return (n + multiple - 1) / multiple * multiple; }

}  // namespace

class GradientSum::Hook final : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(GradientSum& sum, size_t weight) : sum_(sum), weight_(weight) {}
  void operator()(const at::Tensor&) override { sum_.arrived(weight_); }

 private:
  GradientSum& sum_;
  size_t weight_;
};

GradientSum::GradientSum(const TensorMap& weights, RanksPtr ranks, bool hooked)
    : ranks_(std::move(ranks)), hooked_(hooked), here_(weights.size()) {
  for (const auto& [name, weight] : weights) weights_.push_back(weight);
  if (!ranks_ || !hooked_) return;
  for (size_t i = 0; i < weights_.size(); ++i)
    torch::autograd::impl::set_post_acc_grad_hooks(weights_[i], std::make_unique<Hook>(*this, i));
}

GradientSum::~GradientSum() {
  if (!ranks_ || !hooked_) return;
  for (const Tensor& weight : weights_) torch::autograd::impl::set_post_acc_grad_hooks(weight, nullptr);
}

void GradientSum::begin_pass(bool last) {
  last_ = last;
  if (!last) return;
  here_.assign(weights_.size(), false);
  begun_ = 0;
  for (Bucket& bucket : buckets_) bucket.ready = 0;
}

void GradientSum::end_pass() {
  const at::NoGradGuard no_grad;
  if (last_) {
    if (ranks_)
      sum_over_ranks();
    else
      for (size_t i = 0; i < weights_.size(); ++i) add_earlier(i);
    levels_.clear();
    passes_ = 0;
    return;
  }
  std::vector<Tensor> sum;
  for (const Tensor& weight : weights_) {
    Tensor& gradient = weight.mutable_grad();
    sum.push_back(hooked_ || !gradient.defined() ? gradient : gradient.clone());
    gradient = Tensor();
  }
  size_t level = 0;
  for (; passes_ >> level & 1; ++level) {
    for (size_t i = 0; i < sum.size(); ++i)
      if (sum[i].defined()) sum[i].add_(levels_[level][i]);
    levels_[level].clear();
  }
  levels_.resize(std::max(levels_.size(), level + 1));
  levels_[level] = std::move(sum);
  ++passes_;
}

void GradientSum::add_earlier(size_t weight) {
  Tensor& gradient = weights_[weight].mutable_grad();
  for (const auto& level : levels_)
    if (!level.empty() && gradient.defined()) gradient = level[weight].add_(gradient);
}

void GradientSum::arrived(size_t weight) {
  if (!last_) return;
  TORCH_CHECK(!here_[weight], "a gradient arrived twice in one pass");
  here_[weight] = true;
  if (buckets_.empty()) {
    order_.push_back(weight);
    return;
  }
  const at::NoGradGuard no_grad;
  add_earlier(weight);
  Tensor& gradient = weights_[weight].mutable_grad();
  const Tensor place = place_of(weight);
  place.copy_(gradient);
  gradient = place;
  ++buckets_[places_[weight].first].ready;
  begin_full_buckets();
}

// In the buckets' order, which is that of all processes.
void GradientSum::begin_full_buckets() {
  for (; begun_ < buckets_.size() && buckets_[begun_].ready == buckets_[begun_].weights.size(); ++begun_)
    buckets_[begun_].wait = ranks_->begin_sum(buckets_[begun_].flat);
}

void GradientSum::sum_over_ranks() {
  const bool placed = !buckets_.empty();
  if (!placed) make_buckets();
  std::vector<size_t> without;
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (placed && here_[i]) continue;
    add_earlier(i);
    Tensor& gradient = weights_[i].mutable_grad();
    const Tensor place = place_of(i);
    if (gradient.defined()) {
      place.copy_(gradient);
      gradient = place;
    } else {
      place.zero_();
    }
    ++buckets_[places_[i].first].ready;
  }
  begin_full_buckets();
  for (const Bucket& bucket : buckets_) bucket.wait();
}

// In the order in which process 0's gradients arrived, or else in that of the weights.
void GradientSum::make_buckets() {
  for (size_t i = 0; i < weights_.size(); ++i)
    if (std::ranges::find(order_, i) == order_.end()) order_.push_back(i);
  const Tensor order = at::tensor(std::vector<int64_t>(order_.begin(), order_.end()), at::kLong);
  ranks_->copy_from(0, {order});
  places_.resize(weights_.size());
  std::vector<int64_t> sizes;
  for (int64_t k = 0; k < order.numel(); ++k) {
    const size_t weight = size_t(order[k].item<int64_t>());
    if (buckets_.empty() || sizes.back() >= bucket_numbers) {
      buckets_.emplace_back();
      sizes.push_back(0);
    }
    places_[weight] = {buckets_.size() - 1, sizes.back()};
    buckets_.back().weights.push_back(weight);
    sizes.back() += rounded_up(weights_[weight].numel(), line_numbers);
  }
  for (size_t b = 0; b < buckets_.size(); ++b)
    buckets_[b].flat =
        at::zeros({rounded_up(sizes[b], ranks_->count())}, weights_.front().options().requires_grad(false));
}

Tensor GradientSum::place_of(size_t weight) const {
  const auto& [bucket, first] = places_[weight];
  return buckets_[bucket].flat.as_strided(weights_[weight].sizes(), weights_[weight].strides(), first);
}

}  // namespace mds
