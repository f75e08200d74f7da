#include "pipeline/solver.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace mds {
namespace {

class Ddim final : public Solver {
 public:
  Ddim(const NoiseSchedule& schedule, double eta, NoiseSource fresh)
      : schedule_(schedule), eta_(eta), fresh_(std::move(fresh)) {}

  Tensor step(const SamplerStep& step, const Tensor&, const Parts& parts) override {
    const double sigma = eta_ == 0 ? 0 : eta_ * deviation(schedule_.alpha_bar(step.t), step.previous);
    const double rest = 1 - schedule_.alpha_bar(step.previous) - sigma * sigma;  // 0 for eta 1 without signal, rounded
    Tensor next = schedule_.a(step.previous) * parts.x0 + std::sqrt(std::max(0.0, rest)) * parts.eps;
    return sigma > 0 ? next + sigma * fresh_() : next;
  }

 private:
  double deviation(double from, int64_t previous) const {
    const double to = schedule_.alpha_bar(previous);
    return std::sqrt((1 - to) / (1 - from)) * std::sqrt(1 - from / to);
  }

  const NoiseSchedule& schedule_;
  double eta_;
  NoiseSource fresh_;
};

class Euler final : public Solver {
 public:
  explicit Euler(const NoiseSchedule& schedule) : schedule_(schedule) {}

  Tensor step(const SamplerStep& step, const Tensor& x, const Parts& parts) override {
    const Tensor y = x / schedule_.a(step.t);
    return schedule_.a(step.previous) * (y + (kappa(step.previous) - kappa(step.t)) * parts.eps);
  }

 private:
  double kappa(int64_t t) const { return schedule_.s(t) / schedule_.a(t); }

  const NoiseSchedule& schedule_;
};

class DpmPlusPlus2M final : public Solver {
 public:
  DpmPlusPlus2M(const NoiseSchedule& schedule, int64_t steps, int64_t taken)
      : schedule_(schedule), steps_left_(taken), steps_(steps) {}

  Tensor step(const SamplerStep& step, const Tensor& x, const Parts& parts) override {
    const double ratio = schedule_.s(step.previous) / schedule_.s(step.t);
    const double gain = schedule_.a(step.previous) - schedule_.a(step.t) * ratio;  // a' (1 - e^-h), finite for all h
    const Tensor data = second_order(step) ? extrapolated(step, parts.x0) : parts.x0;
    --steps_left_;
    x0_before_ = parts.x0;
    lambda_before_ = lambda(step.t);
    return ratio * x + gain * data;
  }

 private:
  static constexpr int64_t few_steps = 15;

  double lambda(int64_t t) const { return std::log(schedule_.a(t)) - std::log(schedule_.s(t)); }

  bool second_order(const SamplerStep& step) const {
    const bool lowered = steps_left_ == 1 && steps_ < few_steps;
    return x0_before_.defined() && std::isfinite(lambda(step.previous)) && !lowered;
  }

  // If the step before was from a timestep without signal, h_before is infinite and the result is x0 itself.
  Tensor extrapolated(const SamplerStep& step, const Tensor& x0) const {
    const double h = lambda(step.previous) - lambda(step.t), h_before = lambda(step.t) - lambda_before_;
    return x0 + 0.5 * h / h_before * (x0 - x0_before_);
  }

  const NoiseSchedule& schedule_;
  int64_t steps_left_, steps_;
  Tensor x0_before_;
  double lambda_before_ = 0;
};

class UfoGen final : public Solver {
 public:
  UfoGen(const NoiseSchedule& schedule, NoiseSource fresh) : schedule_(schedule), fresh_(std::move(fresh)) {}

  Tensor step(const SamplerStep& step, const Tensor&, const Parts& parts) override {
    const double s = schedule_.s(step.previous);
    return s > 0 ? schedule_.a(step.previous) * parts.x0 + s * fresh_() : parts.x0;
  }

 private:
  const NoiseSchedule& schedule_;
  NoiseSource fresh_;
};

}  // namespace

std::unique_ptr<Solver> make_solver(const SamplerConfig& config, const NoiseSchedule& schedule, NoiseSource fresh,
                                    int64_t taken) {
  switch (config.sampler) {
    case Sampler::ddim:
      return std::make_unique<Ddim>(schedule, config.eta, std::move(fresh));
    case Sampler::dpmpp_2m:
      return std::make_unique<DpmPlusPlus2M>(schedule, config.steps, taken);
    case Sampler::euler:
      return std::make_unique<Euler>(schedule);
    case Sampler::ufogen:
      return std::make_unique<UfoGen>(schedule, std::move(fresh));
  }
  throw std::logic_error("unknown sampler");
}

}  // namespace mds
