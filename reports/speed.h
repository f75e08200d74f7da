// How fast timed work ran: its rate, the bytes that it has to move, and how near it came to what the machine reaches.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "networks/plan.h"
#include "profiler/roof.h"
#include "reports/rows.h"
#include "reports/table.h"

namespace mds {

// Speed in 1e9 floating-point operations a second: two for each valid multiply-accumulate, for all samples of the
// batch. Absent where the work or the time is 0.
std::optional<double> gflops(int64_t macs_valid, int64_t batch, double median_ns);

// What one pass of a batch does.
struct Work {
  double operations = 0;
  std::optional<int64_t> bytes{};    // moved at least; absent where the block is not known
  std::optional<double> least_ns{};  // that the roof allows, for steps one after the other
  std::string bound{};               // of a single step: "compute" or "memory", whichever takes longer

  Work& operator+=(const Work& other);
};
inline constexpr Work no_work() { return {.bytes = 0, .least_ns = 0}; }  // where sums begin

struct RunAs {
  std::string_view dtype;
  int64_t batch = 1;
};
Work work_of(const PlanStep& step, const RunAs& as, const std::optional<Roof>& roof);
// The same of the step that canonical_json() was made of; of a block that this program does not know, its operations.
Work work_of(const std::string& block_json, int64_t macs_valid, const RunAs& as, const std::optional<Roof>& roof);

// Under what a row was timed, for programs.
std::vector<Column> setting_columns();
std::vector<Json> setting_cells(const Setting& setting);

// "gflops", "bytes", "roof_share" and "bound", with the cells of a row and the footnotes that explain them.
std::vector<Column> speed_columns();
std::vector<Json> speed_cells(const Work& work, double median_ns);
std::vector<std::string> speed_footnotes(const std::vector<Roof>& roofs, const std::string& dtype);

}  // namespace mds
