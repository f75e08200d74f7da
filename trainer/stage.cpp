#include "trainer/stage.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "spec/bootstrap.h"

namespace mds {
namespace {

uint64_t mixed(uint64_t x) { return Random(x).next(); }

}  // namespace

TensorMap trained_weights(const Network& network, const std::string& prefix) {
  TensorMap weights;
  for (const auto& item : network.named_parameters()) weights[prefix + item.key()] = item.value();
  return weights;
}

std::optional<Adversary> Stage::adversary() { return {}; }

at::Generator generator_for(uint64_t seed, int64_t iteration, uint64_t purpose) {
  return at::detail::createCPUGenerator(mixed(mixed(mixed(seed) ^ uint64_t(iteration)) ^ purpose));
}

const Tensor& Batches::order_of(int64_t epoch) {
  if (epoch_ != epoch) order_ = at::randperm(count_, generator_for(seed_, epoch, /*purpose=*/1));
  epoch_ = epoch;
  return order_;
}

Tensor Batches::at(int64_t iteration) {
  TORCH_CHECK(count_ > 0, "a batch needs at least one example");
  std::vector<Tensor> parts;
  for (int64_t position = iteration * batch_, left = batch_; left > 0;) {
    const int64_t epoch = position / count_, offset = position % count_, take = std::min(left, count_ - offset);
    parts.push_back(order_of(epoch).slice(0, offset, offset + take));
    position += take;
    left -= take;
  }
  return at::cat(parts);
}

Tensor sampled_rows(int64_t count, int64_t most, uint64_t seed) {
  return at::randperm(count, generator_for(seed, 0, /*purpose=*/2)).slice(0, 0, most);
}

}  // namespace mds
