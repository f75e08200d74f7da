#include "profiler/phase_clock.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace mds {
namespace {

constexpr const char* rest = "rest";

}  // namespace

double steady_now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

PhaseClock::Scope::Scope(PhaseClock& clock, std::string phase)
    : clock_(clock), phase_(std::move(phase)), start_s_(clock.now_s_()), counted_before_s_(clock.counted_s()) {}

PhaseClock::Scope::~Scope() {
  const double others_s = clock_.counted_s() - counted_before_s_;
  clock_.add(phase_, std::max(0.0, clock_.now_s_() - start_s_ - others_s));
}

void PhaseClock::add(const std::string& phase, double seconds) {
  const auto found = std::ranges::find(phases_, phase, &Phase::name);
  if (found == phases_.end())
    phases_.push_back({phase, seconds});
  else
    found->seconds += seconds;
}

double PhaseClock::seconds(const std::string& phase) const {
  const auto found = std::ranges::find(phases_, phase, &Phase::name);
  return found == phases_.end() ? 0 : found->seconds;
}

double PhaseClock::counted_s() const {
  double sum = 0;
  for (const auto& phase : phases_) sum += phase.seconds;
  return sum;
}

std::vector<PhaseClock::Phase> PhaseClock::phases() const {
  std::vector<Phase> all = phases_;
  all.push_back({rest, std::max(0.0, total_s() - counted_s())});
  return all;
}

std::string in_words(const PhaseClock& clock, const std::string& title, const UnitsOfWork& units) {
  const auto phases = clock.phases();
  double total_s = 0;
  size_t width = 0;
  for (const auto& phase : phases) total_s += phase.seconds, width = std::max(width, phase.name.size());
  char line[160];
  std::snprintf(line, sizeof line, ", %.1f s:", total_s);
  std::string text = title + line;
  for (const auto& [name, seconds] : phases) {
    std::snprintf(line, sizeof line, "\n  %-*s %9.2f s %5.1f %%", int(width), name.c_str(), seconds,
                  total_s > 0 ? 100 * seconds / total_s : 0.0);
    text += line;
    if (units.count == 0) continue;
    std::snprintf(line, sizeof line, " %9.2f ms", 1e3 * seconds / double(units.count));
    text += line + (" an " + units.one);
  }
  return text;
}

}  // namespace mds
