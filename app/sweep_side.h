// A feature network of a sweep with what it sees of the held-out pictures.
#pragma once

#include <memory>

#include "app/sweep_config.h"
#include "metrics/metric_table.h"

namespace mds {

class SweepSide {
 public:
  virtual ~SweepSide() = default;

  virtual Tensor features(const Drawn& drawn) const = 0;
  virtual Tensor texts(const Drawn& drawn) const = 0;  // of the captions
  virtual const ReferenceStats& reference() const = 0;
  virtual Json identity() const = 0;  // of the network, with the hash of its weights
};

// Of a network that is not the scoring encoder. ConfigError where the data set holds no pictures out; UsageError or
// FileError for weights or pictures that are missing. A core build has none: ConfigError.
std::unique_ptr<SweepSide> open_side(const Metric& metric, const SweepConfig& config);

}  // namespace mds
