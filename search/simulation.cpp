#include "search/simulation.h"

#include <cmath>
#include <numeric>

namespace mds {
namespace {

std::vector<double> draws(Random& random, int64_t count, double deviation) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(deviation * random.normal());
  return values;
}

}  // namespace

double true_distance(const CurveShape& shape, const SimulationConfig& config, int64_t images_seen) {
  return shape.floor + shape.scale * std::pow(double(images_seen) / double(config.images.front()), -shape.power);
}

SimulatedSweep::SimulatedSweep(const SimulationConfig& config, const BootstrapIndices& rows, uint64_t seed)
    : config_(config),
      rows_(rows),
      random_(seed),
      shared_(draws(random_, config.pictures, config.shared)),
      clip_shared_(draws(random_, config.pictures, config.clip_shared)) {}

Curve SimulatedSweep::curve(const std::string& candidate, const CurveShape& shape) {
  const double kept = std::sqrt(config_.seed_persistence) * random_.normal();
  Curve curve{.candidate = candidate, .evaluations = {}};
  for (const int64_t images : config_.images) {
    const double seed = kept + std::sqrt(1 - config_.seed_persistence) * random_.normal();
    const double log_distance = std::log(true_distance(shape, config_, images)) + config_.seed_spread * seed;
    curve.evaluations.push_back(evaluation(images, log_distance));
  }
  return curve;
}

// To first order, a picture moves the log distance by its own share of the mean over all.
Evaluation SimulatedSweep::evaluation(int64_t images_seen, double log_distance) {
  const double distance = std::exp(log_distance), bias = config_.bias / double(config_.pictures);
  std::vector<double> influences = draws(random_, config_.pictures, config_.own);
  Measured clip{.values = draws(random_, config_.pictures, config_.clip_own)};
  for (size_t p = 0; p < influences.size(); ++p) {
    influences[p] += shared_[p];
    clip.values[p] += clip_shared_[p] - config_.clip_gain * log_distance;
  }
  const auto of_mean = [&](double sum) { return distance * std::exp(sum / double(influences.size())); };
  const double whole = of_mean(std::accumulate(influences.begin(), influences.end(), 0.0));
  Measured fd{.distance = whole + bias, .halves = whole + 2 * bias, .pictures = config_.pictures};
  for (const auto& row : rows_) {
    double sum = 0;
    for (const auto p : row) sum += influences[size_t(p)];
    fd.replicates.push_back(of_mean(sum) + 2 * bias);  // of about two thirds as many different pictures
  }
  return {.images_seen = images_seen, .scores = {{"fd_emoji_clip", std::move(fd)}, {"clip_emoji", std::move(clip)}}};
}

}  // namespace mds
