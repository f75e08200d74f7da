#include "profiler/drive.h"

namespace mds {

std::vector<BlockReport> drive_plainly(const std::vector<DriverBlock>& blocks) {
  std::vector<BlockReport> reports;
  for (const auto& block : blocks) {
    BlockReport report{.name = block.name};
    for (; report.samples < block.samples; ++report.samples) report.seconds += 1e-9 * double(block.sample());
    reports.push_back(std::move(report));
  }
  return reports;
}

#ifdef MDS_GOOGLE_BENCHMARK
Driver default_driver() { return drive_google_benchmark; }
#else
Driver default_driver() { return drive_plainly; }
#endif

}  // namespace mds
