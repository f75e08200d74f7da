#include "reports/paired.h"

namespace mds {
namespace {

Resampled resampled(const Database& database, const ScoreRow& score) {
  return {score.value, replicates_of(database, score)};
}

bool same_noise(const ScoreRow& of, const ScoreRow& base) { return of.eval_seed == base.eval_seed; }

}  // namespace

PairedChange paired_ratio(const Database& database, const ScoreRow& of, const ScoreRow& base) {
  if (base.value <= 0) return {};
  PairedChange change{.value = of.value / base.value};
  if (same_noise(of, base)) change.interval = ratio_interval(resampled(database, of), resampled(database, base));
  return change;
}

PairedChange paired_difference(const Database& database, const ScoreRow& of, const ScoreRow& base) {
  PairedChange change{.value = of.value - base.value};
  if (same_noise(of, base)) change.interval = difference_interval(resampled(database, of), resampled(database, base));
  return change;
}

Json value_cell(const PairedChange& change) { return change.value ? Json(*change.value) : Json(); }

Json interval_cell(const PairedChange& change, double scale, int digits) {
  if (!change.interval) return nullptr;
  return interval_cell(change.interval->low * scale, change.interval->high * scale, digits);
}

}  // namespace mds
