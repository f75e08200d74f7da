#include <ATen/ATen.h>

#include "blocks/block.h"

namespace mds {
namespace {

class LevelScaleModule final : public Block {
 public:
  explicit LevelScaleModule(const LevelScale& spec) : spec_(spec) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return (x - spec_.shift) / spec_.scale;
  }

 private:
  LevelScale spec_;
};

class ChannelScaleModule final : public Block {
 public:
  explicit ChannelScaleModule(const ChannelScale& spec)
      : shift_C11_(by_channel(spec.shift)), scale_C11_(by_channel(spec.scale)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override {
    return (x - shift_C11_.to(x.options())) / scale_C11_.to(x.options());
  }

 private:
  static Tensor by_channel(const std::vector<double>& values) {
    return at::tensor(values, at::kFloat).view({-1, 1, 1});
  }

  Tensor shift_C11_, scale_C11_;
};

class SinglePoolModule final : public Block {
 public:
  explicit SinglePoolModule(const LayerMap& layers) : pool_(layers.get(sole_layer<PoolOp>)) {}
  Tensor forward(const Tensor& x, const Tensor&, const Conditioning&) const override { return pool_.forward(x); }

 private:
  const PoolLayer& pool_;
};

class UnitModule {
 public:
  UnitModule(const ConvolutionUnit& spec, const LayerMap& layers)
      : convolution_(layers.get(spec.names().convolution)), norm_(layers.get(spec.names().norm)) {}
  Tensor forward(const Tensor& x_NCHW) const { return norm_.forward(convolution_.forward(x_NCHW)); }

 private:
  const ConvolutionLayer& convolution_;
  const NormLayer& norm_;
};

class BranchesModule final : public Block {
 public:
  BranchesModule(const Branches& spec, const LayerMap& layers) {
    for (size_t i = 0; i < spec.branches.size(); ++i) {
      const Branch& branch = spec.branches[i];
      RunningBranch& running = branches_.emplace_back();
      running.pool = layers.find(LayerName<PoolOp>(pool_name(i)));
      const size_t chain = branch.units.size() - size_t(branch.fork);
      for (size_t j = 0; j < branch.units.size(); ++j)
        (j < chain ? running.chain : running.fork).emplace_back(branch.units[j], layers);
    }
  }

  Tensor forward(const Tensor& x_NCHW, const Tensor&, const Conditioning&) const override {
    std::vector<Tensor> parts;
    for (const auto& branch : branches_) {
      Tensor y = branch.pool ? branch.pool->forward(x_NCHW) : x_NCHW;
      for (const auto& unit : branch.chain) y = unit.forward(y);
      if (branch.fork.empty()) parts.push_back(y);
      for (const auto& unit : branch.fork) parts.push_back(unit.forward(y));
    }
    return parts.size() == 1 ? parts[0] : at::cat(parts, 1);
  }

 private:
  struct RunningBranch {
    const PoolLayer* pool = nullptr;
    std::vector<UnitModule> chain{}, fork{};
  };
  std::vector<RunningBranch> branches_;
};

}  // namespace

template <>
std::unique_ptr<Block> make_module(const LevelScale& spec, const Site&, const LayerMap&) {
  return std::make_unique<LevelScaleModule>(spec);
}
template <>
std::unique_ptr<Block> make_module(const ChannelScale& spec, const Site&, const LayerMap&) {
  return std::make_unique<ChannelScaleModule>(spec);
}
template <>
std::unique_ptr<Block> make_module(const SinglePool&, const Site&, const LayerMap& layers) {
  return std::make_unique<SinglePoolModule>(layers);
}
template <>
std::unique_ptr<Block> make_module(const Branches& spec, const Site&, const LayerMap& layers) {
  return std::make_unique<BranchesModule>(spec, layers);
}

}  // namespace mds
