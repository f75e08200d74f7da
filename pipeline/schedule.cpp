#include "pipeline/schedule.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace mds {
namespace {

void end_without_signal(std::vector<double>& alpha_bar) {
  const double first = std::sqrt(alpha_bar.front()), last = std::sqrt(alpha_bar.back());
  if (first <= last)
    throw ConfigError("schedule.zero_terminal_snr needs a signal that falls from the first timestep to the last; of " +
                      std::to_string(alpha_bar.size()) + ", both have amplitude " + std::to_string(first));
  for (double& value : alpha_bar) {
    const double a = (std::sqrt(value) - last) * first / (first - last);
    value = a * a;
  }
}

// Of squaredcos_cap_v2, at `progress` from 0 to 1 (arXiv 2102.09672, equation 17).
double cosine_alpha_bar(double progress) {
  constexpr double offset = 0.008;
  const double root = std::cos((progress + offset) / (1 + offset) * std::numbers::pi / 2);
  return root * root;
}

double beta_at(const ScheduleConfig& config, int64_t t) {
  if (!config.trained_betas.empty()) return config.trained_betas[size_t(t)];
  const double last_t = double(std::max<int64_t>(1, config.steps - 1));
  switch (config.betas) {
    case BetaSchedule::scaled_linear: {
      const double first = std::sqrt(config.beta_start), last = std::sqrt(config.beta_end);
      const double root = first + (last - first) * double(t) / last_t;
      return root * root;
    }
    case BetaSchedule::linear:
      return config.beta_start + (config.beta_end - config.beta_start) * double(t) / last_t;
    case BetaSchedule::squaredcos_cap_v2: {
      constexpr double most = 0.999;  // diffusers' cap, so that the last timestep keeps a signal
      const double steps = double(config.steps);
      return std::min(1 - cosine_alpha_bar(double(t + 1) / steps) / cosine_alpha_bar(double(t) / steps), most);
    }
  }
  throw std::logic_error("unknown schedule of beta");
}

int64_t rounded(double value) { return int64_t(std::nearbyint(value)); }  // half to even

}  // namespace

NoiseSchedule::NoiseSchedule(const ScheduleConfig& config) {
  if (const auto given = config.trained_betas.size(); given > 0 && int64_t(given) != config.steps)
    throw ConfigError("schedule.trained_betas holds " + std::to_string(given) + " numbers; allowed: one for each of " +
                      std::to_string(config.steps) + " steps");
  double product = 1;
  for (int64_t t = 0; t < config.steps; ++t) alpha_bar_.push_back(product *= 1 - beta_at(config, t));
  if (config.zero_terminal_snr) end_without_signal(alpha_bar_);
  std::vector<float> a_of_t, s_of_t;
  for (int64_t t = 0; t < config.steps; ++t) {
    a_of_t.push_back(float(a(t)));
    s_of_t.push_back(float(s(t)));
  }
  a_ = at::tensor(a_of_t);
  s_ = at::tensor(s_of_t);
}

double NoiseSchedule::a(int64_t t) const { return std::sqrt(alpha_bar(t)); }
double NoiseSchedule::s(int64_t t) const { return std::sqrt(1 - alpha_bar(t)); }
NoiseSchedule NoiseSchedule::on(c10::Device device) const {
  NoiseSchedule moved = *this;
  moved.a_ = a_.to(device);
  moved.s_ = s_.to(device);
  return moved;
}

Tensor NoiseSchedule::chosen(const Tensor& table, const Tensor& t_N) {
  return table.to(t_N.device()).index_select(0, t_N).view({-1, 1, 1, 1});
}

std::vector<int64_t> timesteps(Spacing spacing, int64_t n, int64_t schedule_steps) {
  if (n < 1 || n > schedule_steps)
    throw ConfigError("sampling steps are " + std::to_string(n) + "; allowed: 1 to " + std::to_string(schedule_steps));
  const double total = double(schedule_steps);
  const int64_t stride = schedule_steps / n;
  const int64_t offset =
      std::min<int64_t>(1, schedule_steps - 1 - (n - 1) * stride);  // 0 where 1 would leave the schedule
  const double width = n > 1 ? (total - 1) / double(n - 1) : 0;
  std::vector<int64_t> list;
  for (int64_t k = 0; k < n; ++k) {
    const int64_t from_end = n - 1 - k;
    if (spacing == Spacing::trailing) list.push_back(rounded(total - double(k) * total / double(n)) - 1);
    if (spacing == Spacing::leading) list.push_back(from_end * stride + offset);
    if (spacing == Spacing::linspace) list.push_back(rounded(double(from_end) * width));
  }
  return list;
}

}  // namespace mds
