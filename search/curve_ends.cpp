#include "search/curve_ends.h"

#include <algorithm>
#include <map>
#include <optional>

namespace mds {
namespace {

constexpr size_t enough_for_errors = 6;  // whole curves from which a surrogate of the line's errors is made

// Ends of curves as a function of their values after one rung. Few curves say little about the slope of the line: one
// that is drawn to 1 with the weight of one curve of average spread.
class EndOfRung {
 public:
  EndOfRung(const std::vector<const BegunCurve*>& whole, size_t rung) : rung_(rung) {
    const auto n = double(whole.size());
    for (const auto* curve : whole) {
      from_ += curve->values[rung] / n;
      to_ += curve->values.back() / n;
    }
    double squares = 0, products = 0;
    for (const auto* curve : whole) {
      const double x = curve->values[rung] - from_, y = curve->values.back() - to_;
      squares += x * x;
      products += x * y;
    }
    if (squares > 0) slope_ = (products + squares / n) / (squares + squares / n);
    if (whole.size() < enough_for_errors) return;
    std::vector<Features> features;
    std::vector<double> errors;
    for (const auto* curve : whole) {
      features.push_back(curve->features);
      errors.push_back(curve->values.back() - on_line(*curve));
    }
    errors_.emplace(std::move(features), errors);
  }

  double of(const BegunCurve& curve) const { return on_line(curve) + (errors_ ? errors_->at(curve.features).mean : 0); }

 private:
  double on_line(const BegunCurve& curve) const { return to_ + slope_ * (curve.values[rung_] - from_); }

  size_t rung_;
  double from_ = 0, to_ = 0, slope_ = 1;
  std::optional<Surrogate> errors_;
};

}  // namespace

std::vector<double> curve_ends(const std::vector<BegunCurve>& curves, int64_t rungs) {
  std::vector<const BegunCurve*> whole;
  size_t common = size_t(rungs);
  for (const auto& curve : curves) {
    if (int64_t(curve.values.size()) == rungs) whole.push_back(&curve);
    common = std::min(common, curve.values.size());
  }
  std::map<size_t, EndOfRung> ends;  // by the rung that a curve was last seen at
  std::vector<double> predicted;
  for (const auto& curve : curves) {
    const size_t last = curve.values.size() - 1;
    if (whole.empty())
      predicted.push_back(curve.values[common - 1]);
    else if (int64_t(curve.values.size()) == rungs)
      predicted.push_back(curve.values.back());
    else
      predicted.push_back(ends.try_emplace(last, whole, last).first->second.of(curve));
  }
  return predicted;
}

}  // namespace mds
