// A feature network of a sweep, with its features of the held-out pictures.
#pragma once

#include <memory>

#include "experiments/listener.h"
#include "experiments/sweep/config.h"
#include "metrics/metric_table.h"

namespace mds {

class SweepFeatures {
 public:
  virtual ~SweepFeatures() = default;

  virtual Tensor features(const Drawn& drawn) const = 0;
  virtual Tensor texts(const Drawn& drawn) const = 0;  // of the captions
  virtual const ReferenceStats& reference() const = 0;
  virtual Json identity() const = 0;  // of the network, with the hash of its weights
};

// Opens a network other than the scoring encoder. ConfigError where the data set holds no pictures out; RequestError or
// FileError for missing weights or pictures. ConfigError in a core build, which has no such networks.
std::unique_ptr<SweepFeatures> open_features(const Metric& metric, const SweepConfig& config,
                                             const Placement& placement, Listener& listener);

}  // namespace mds
