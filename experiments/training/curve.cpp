#include "experiments/training/curve.h"

namespace mds {

void Means::add(const StepReport& report) {
  loss_.add(report.loss);
  gradient_norm_.add(report.gradient_norm);
  if (!std::isnan(report.adversary_loss)) adversary_loss_.add(report.adversary_loss);
  const double seconds = report.times.total_s();
  if (warm_up_s_ == 0)
    warm_up_s_ = seconds;
  else
    seconds_.add(seconds);
}

std::vector<CurvePoint> Means::take(bool) {
  if (loss_.n == 0) return {};
  if (seconds_.n == 0) seconds_.add(warm_up_s_);
  std::vector<CurvePoint> points;
  for (const auto& [name, mean] :
       {std::pair{"loss", loss_}, {"gradient_norm", gradient_norm_}, {"adversary_loss", adversary_loss_}})
    if (mean.n > 0) points.push_back({name, mean.value(), mean.n});
  points.push_back({"images_per_s", double(batch_) / seconds_.value(), seconds_.n});
  if (const auto peak = peak_ ? peak_() : std::nullopt) points.push_back({"peak_bytes", double(*peak), loss_.n});
  loss_ = gradient_norm_ = adversary_loss_ = seconds_ = {};
  return points;
}

}  // namespace mds
