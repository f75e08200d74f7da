#include "pipeline/schedule.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace mds {
NoiseSchedule::NoiseSchedule(const ScheduleConfig& config) {
  const double first = std::sqrt(config.beta_start), last = std::sqrt(config.beta_end);
  double product = 1;
  for (int64_t t = 0; t < config.steps; ++t) {
    const double root = first + (last - first) * double(t) / double(std::max<int64_t>(1, config.steps - 1));
    alpha_bar_.push_back(product *= 1 - root * root);
  }
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
Tensor NoiseSchedule::chosen(const Tensor& table, const Tensor& t_N) {
  return table.to(t_N.device()).index_select(0, t_N).view({-1, 1, 1, 1});
}

std::vector<int64_t> timesteps(Spacing spacing, int64_t n, int64_t schedule_steps) {
  if (n < 1 || n > schedule_steps)
    throw ConfigError("sampling steps are " + std::to_string(n) + "; allowed: 1 to " + std::to_string(schedule_steps));
  std::vector<int64_t> list;
  const int64_t stride = schedule_steps / n;
  const int64_t offset =
      std::min<int64_t>(1, schedule_steps - 1 - (n - 1) * stride);  // 0 where 1 would leave the schedule
  for (int64_t k = 0; k < n; ++k) {
    const double trailing = double(schedule_steps) - double(k) * double(schedule_steps) / double(n);
    list.push_back(spacing == Spacing::trailing ? int64_t(std::nearbyint(trailing)) - 1
                                                : (n - 1 - k) * stride + offset);
  }
  return list;
}

}  // namespace mds
