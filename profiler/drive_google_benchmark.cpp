// Google Benchmark 1.7 as the driver. Its own statistics are not used: it computes the `cv` aggregate of manual times
// wrongly, and keeps only one mean per run. The sampler keeps the raw samples.
#include <benchmark/benchmark.h>

#include <exception>
#include <stdexcept>

#include "profiler/drive.h"

namespace mds {
namespace {

class BlockReporter : public benchmark::BenchmarkReporter {
 public:
  explicit BlockReporter(const std::vector<DriverBlock>& blocks) : blocks_(blocks) {}

  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const auto& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      const auto& name = blocks_.at(reports_.size()).name;
      reports_.push_back({.name = name, .samples = run.iterations, .seconds = run.real_accumulated_time});
    }
  }

  std::vector<BlockReport> reports() const { return reports_; }

 private:
  const std::vector<DriverBlock>& blocks_;
  std::vector<BlockReport> reports_;
};

// Exceptions must not cross the library's frames: the first one is stored, and all later blocks are skipped.
void run_block(benchmark::State& state, const DriverBlock& block, std::exception_ptr& failure) {
  if (failure) return state.SkipWithError("an earlier block failed");
  for (auto iteration : state) {
    static_cast<void>(iteration);
    try {
      state.SetIterationTime(1e-9 * double(block.sample()));
    } catch (...) {
      failure = std::current_exception();
      state.SkipWithError("the callable threw");
      return;
    }
  }
}

}  // namespace

std::vector<BlockReport> drive_google_benchmark(const std::vector<DriverBlock>& blocks) {
  std::exception_ptr failure;
  benchmark::ClearRegisteredBenchmarks();
  for (const auto& block : blocks) {
    const auto run = [&](benchmark::State& state) { run_block(state, block, failure); };
    benchmark::RegisterBenchmark(block.name.c_str(), run)->UseManualTime()->Iterations(block.samples)->Repetitions(1);
  }
  BlockReporter reporter(blocks);
  benchmark::RunSpecifiedBenchmarks(&reporter, ".");
  benchmark::ClearRegisteredBenchmarks();
  if (failure) std::rethrow_exception(failure);
  const auto reports = reporter.reports();
  if (reports.size() != blocks.size()) throw std::logic_error("Google Benchmark did not report every block");
  return reports;
}

}  // namespace mds
