#include "trainer/ranks.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include <charconv>

#include "spec/error.h"

namespace mds {
namespace {

int64_t number_in(const Variable& variable, const char* name, int64_t least) {
  const char* text = variable(name);
  if (!text) throw ConfigError(std::string("the environment lacks ") + name + ", beside other variables of a launcher");
  const std::string value = text;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least)
    throw ConfigError(std::string(name) + " is \"" + value + "\"; allowed: whole numbers from " +
                      std::to_string(least));
  return number;
}

int64_t number_or(const Variable& variable, const char* name, int64_t otherwise) {
  return variable(name) ? number_in(variable, name, 0) : otherwise;
}

struct Held final : torch::CustomClassHolder {
  explicit Held(RanksPtr held) : ranks(std::move(held)) {}
  RanksPtr ranks;
};

// The gradient is a mean over the processes as well, since the loss of the whole batch is the mean of theirs.
struct MeanOver final : torch::autograd::Function<MeanOver> {
  static Tensor forward(torch::autograd::AutogradContext* context, const Tensor& values,
                        const c10::intrusive_ptr<Held>& held) {
    context->saved_data["held"] = c10::IValue::make_capsule(held);
    return sum_over(held->ranks, values) / double(held->ranks->count());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto capsule = context->saved_data.at("held").toCapsule();
    const RanksPtr& ranks = static_cast<const Held&>(*capsule).ranks;
    return {sum_over(ranks, gradients[0]) / double(ranks->count()), Tensor()};
  }
};

}  // namespace

Tensor tree_sum(std::vector<Tensor> tensors) {
  while (tensors.size() > 1) {
    size_t kept = 0;
    for (size_t i = 0; i < tensors.size(); i += 2, ++kept) {
      if (i + 1 < tensors.size()) tensors[i].add_(tensors[i + 1]);
      tensors[kept] = tensors[i];
    }
    tensors.resize(kept);
  }
  return tensors.front();
}

Tensor sum_over(const RanksPtr& ranks, const Tensor& values) {
  if (!ranks) return values;
  const int64_t n = values.numel(), whole = (n + ranks->count() - 1) / ranks->count() * ranks->count();
  const Tensor sum = at::zeros({whole}, values.options());
  sum.slice(0, 0, n).copy_(values.detach().flatten());
  ranks->begin_sum(sum)();
  return sum.slice(0, 0, n).view(values.sizes());
}

Tensor mean_over(const RanksPtr& ranks, const Tensor& values) {
  return ranks ? MeanOver::apply(values, c10::make_intrusive<Held>(ranks)) : values;
}

bool any_of(const RanksPtr& ranks, bool own) {
  return ranks ? sum_over(ranks, at::full({1}, own ? 1.0 : 0.0)).item<double>() > 0 : own;
}

std::optional<RankAddress> rank_address(const Variable& variable) {
  const bool torchrun = variable("RANK") || variable("WORLD_SIZE"),
             srun = variable("SLURM_PROCID") && variable("MASTER_ADDR");
  if (!torchrun && !srun) return {};
  RankAddress address;
  address.rank = number_in(variable, torchrun ? "RANK" : "SLURM_PROCID", 0);
  address.count = number_in(variable, torchrun ? "WORLD_SIZE" : "SLURM_NTASKS", 1);
  if (address.rank >= address.count)
    throw ConfigError("the environment says process " + std::to_string(address.rank) + " of " +
                      std::to_string(address.count) + "; they are numbered from 0");
  if (address.count == 1) return {};
  address.local_rank = number_or(variable, torchrun ? "LOCAL_RANK" : "SLURM_LOCALID", 0);
  address.local_count = number_or(variable, torchrun ? "LOCAL_WORLD_SIZE" : "SLURM_NTASKS_PER_NODE", 0);
  if (const char* host = variable("MASTER_ADDR")) address.host = host;
  address.port = int(number_in(variable, "MASTER_PORT", 1));
  if (address.port > 65535)
    throw ConfigError("MASTER_PORT is " + std::to_string(address.port) + "; allowed: 1 to 65535");
  const char* agent = variable("TORCHELASTIC_USE_AGENT_STORE");
  address.served = agent && std::string(agent) == "True";
  return address;
}

}  // namespace mds
