// The learning curve of a run between two checkpoints: which numbers of its iterations become rows.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "trainer/loop.h"

namespace mds {

struct CurvePoint {
  std::string name;
  double value = 0;
  int64_t n = 1;  // iterations from which the value was computed
};

class TrainingCurve {
 public:
  virtual ~TrainingCurve() = default;
  virtual void add(const StepReport& report) = 0;
  // The points since the last call, for the iteration of the last report. `interrupted`: that iteration is none at
  // which a checkpoint is due.
  virtual std::vector<CurvePoint> take(bool interrupted) = 0;
};

// The loss of the last iteration. At an interrupt there is none, so that the rows are those of a run without one.
class LastLoss final : public TrainingCurve {
 public:
  void add(const StepReport& report) override { loss_ = report.loss; }
  std::vector<CurvePoint> take(bool interrupted) override {
    return interrupted ? std::vector<CurvePoint>{} : std::vector<CurvePoint>{{.name = "loss", .value = loss_}};
  }

 private:
  double loss_ = NAN;
};

// Means over all iterations: loss, gradient norm, the adversary's loss where it took steps, and images a second without
// the first iteration of this process, which warms up. Also the most memory so far, where `peak` tells it.
class Means final : public TrainingCurve {
 public:
  using Peak = std::function<std::optional<int64_t>()>;
  explicit Means(int64_t batch, Peak peak = {}) : batch_(batch), peak_(std::move(peak)) {}
  void add(const StepReport& report) override;
  std::vector<CurvePoint> take(bool interrupted) override;

 private:
  struct Mean {
    double sum = 0;
    int64_t n = 0;
    void add(double value) { sum += value, ++n; }
    double value() const { return sum / double(n); }
  };

  int64_t batch_;
  Peak peak_;
  Mean loss_, gradient_norm_, adversary_loss_, seconds_;
  double warm_up_s_ = 0;
};

}  // namespace mds
