// Where the time of long work goes: seconds by phase. Phases do not overlap, and what none of them accounts for is the
// rest, so they sum to the whole.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mds {

double steady_now_s();

class PhaseClock {
 public:
  struct Phase {
    std::string name;
    double seconds = 0;
  };

  explicit PhaseClock(std::function<double()> now_s = steady_now_s) : now_s_(std::move(now_s)), start_s_(now_s_()) {}

  // Adds the time of its life to a phase, less what other phases took meanwhile.
  class Scope {
   public:
    Scope(PhaseClock& clock, std::string phase);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    PhaseClock& clock_;
    std::string phase_;
    double start_s_, counted_before_s_;
  };
  [[nodiscard]] Scope in(const std::string& phase) { return {*this, phase}; }
  void add(const std::string& phase, double seconds);  // that were measured elsewhere

  double seconds(const std::string& phase) const;  // 0 for one that never was
  double total_s() const { return now_s_() - start_s_; }
  // In the order in which they were first added, then the rest.
  std::vector<Phase> phases() const;

 private:
  double counted_s() const;

  std::function<double()> now_s_;
  double start_s_;
  std::vector<Phase> phases_;
};

// The result of work that counts as a phase.
auto timed(PhaseClock& clock, const std::string& phase, auto&& work) {
  const auto scope = clock.in(phase);
  return work();
}

// A title with the total, then a line for each phase: its seconds and its share; where the work had units of one kind,
// also the milliseconds of one.
struct UnitsOfWork {
  std::string one{};  // "iteration"
  int64_t count = 0;
};
std::string in_words(const PhaseClock& clock, const std::string& title, const UnitsOfWork& units = {});

}  // namespace mds
