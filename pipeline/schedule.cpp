#include "pipeline/schedule.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

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

int64_t rounded(double value) { return int64_t(std::nearbyint(value)); }  // half to even

}  // namespace

NoiseSchedule::NoiseSchedule(const ScheduleConfig& config) {
  const double first = std::sqrt(config.beta_start), last = std::sqrt(config.beta_end);
  double product = 1;
  for (int64_t t = 0; t < config.steps; ++t) {
    const double root = first + (last - first) * double(t) / double(std::max<int64_t>(1, config.steps - 1));
    alpha_bar_.push_back(product *= 1 - root * root);
  }
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
