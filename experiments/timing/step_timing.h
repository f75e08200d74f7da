// Times the steps of a plan and its whole forward pass against each other, with random weights and inputs, in this
// process. Every raw sample is kept. Steps with equal block and site do equal work, so only one of them is timed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiments/listener.h"
#include "networks/network_spec.h"
#include "networks/placement.h"
#include "profiler/bench.h"
#include "profiler/environment.h"
#include "profiler/memory.h"
#include "profiler/roof.h"
#include "profiler/stopping.h"

namespace mds {

struct ProfileOptions {
  TimingMode mode = TimingMode::quick;
  Precision dtype = Precision::fp32;
  Kernels kernels = Kernels::library;
  std::string device = "cpu";  // or "cuda:0"
  int64_t batch = 1;
  uint64_t seed = 0;  // for weights, inputs and the order of samples
  bool whole = false;
  bool blocks = true;
};

// Times on the device of the placement, with its kernels or, as none of ours run on a GPU, there with the library's.
void set_placement(ProfileOptions& options, const Placement& placement);

inline constexpr const char* whole_path = "(whole)";

// Samples of one plan step, or of the whole under `whole_path`, in the interleaved blocks in which they were taken.
struct StepSamples {
  std::string path;
  SampleBlocks samples_ns;
  TimingMark mark = TimingMark::unchecked;
  int64_t warmup_count = 0;
  int64_t warmup_ns = 0;

  static void describe(auto& self, auto&& field) {
    field("path", self.path, "plan step, or (whole)");
    field("samples_ns", self.samples_ns, "durations in nanoseconds, block by block");
    field("mark", self.mark, "how the stopping rule ended");
    field("warmup_count", self.warmup_count, "untimed runs before the first sample");
    field("warmup_ns", self.warmup_ns, "their duration in nanoseconds");
  }
};

// All that one process measures.
struct RawProfile {
  std::vector<StepSamples> steps{};
  std::vector<PhaseMemory> memory{};  // where the whole was timed
  Conditions conditions{};
  std::optional<Roof> roof{};  // of the device, where blocks were timed

  static void describe(auto& self, auto&& field) {
    field("steps", self.steps, "what was timed");
    field("memory", self.memory, "what each phase held, up to one pass of the whole");
    field("conditions", self.conditions, "the machine's state before the first run");
    field("roof", self.roof, "what the machine reached at best in this process");
  }
};

// The most that a pass held, if known.
std::optional<int64_t> pass_peak(const RawProfile& profile);

// For each step, the first step with equal block and site, which represents it.
std::vector<size_t> representatives(const Plan& plan);
// These representatives, each once.
std::vector<size_t> distinct_steps(const Plan& plan);

// Times the callables against each other; where the options include the whole, the first callable is the whole.
RawProfile time_all(const std::vector<Callable>& callables, const ProfileOptions& options, Listener& listener);

// Times the steps given by index, and the whole if options include it, in this process with random weights and inputs.
RawProfile time_plan(Plan plan, const std::vector<size_t>& steps, const ProfileOptions& options, Listener& listener);
// All distinct steps of the network if the options include blocks, and the whole if they do.
RawProfile time_network(const NetworkSpec& network, const ProfileOptions& options, Listener& listener);

}  // namespace mds
