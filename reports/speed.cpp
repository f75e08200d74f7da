#include "reports/speed.h"

#include <algorithm>
#include <ranges>

#include "networks/lone_block.h"
#include "networks/traffic.h"

namespace mds {
namespace {

template <class T>
std::optional<T> sum_of(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b ? std::optional(*a + *b) : std::nullopt;
}

// "264", or "250 to 264" for several roofs.
std::string range_of(const std::vector<Roof>& roofs, const auto& rate_of) {
  const auto [low, high] = std::ranges::minmax(roofs | std::views::transform(rate_of));
  const Column whole{.name = "", .digits = 0};
  const std::string least = shown(low, whole), most = shown(high, whole);
  return least == most ? most : least + " to " + most;
}

}  // namespace

std::optional<double> gflops(int64_t macs_valid, int64_t batch, double median_ns) {
  if (macs_valid <= 0 || median_ns <= 0) return std::nullopt;
  return 2 * double(macs_valid) * double(batch) / median_ns;
}

Work& Work::operator+=(const Work& other) {
  operations += other.operations;
  bytes = sum_of(bytes, other.bytes);
  least_ns = sum_of(least_ns, other.least_ns);
  bound.clear();
  return *this;
}

Work work_of(const PlanStep& step, const RunAs& as, const std::optional<Roof>& roof) {
  Work work{.operations = 2 * double(cost(step).macs_valid) * double(as.batch),
            .bytes = bytes_moved(traffic(step), as.dtype, as.batch)};
  if (!roof || roof->gflops(as.dtype) <= 0 || roof->copy_gb_s <= 0) return work;
  const double compute_ns = work.operations / roof->gflops(as.dtype);
  const double memory_ns = double(*work.bytes) / roof->copy_gb_s;
  work.least_ns = std::max(compute_ns, memory_ns);
  work.bound = compute_ns >= memory_ns ? "compute" : "memory";
  return work;
}

Work work_of(const std::string& block_json, int64_t macs_valid, const RunAs& as, const std::optional<Roof>& roof) {
  try {
    return work_of(step_of(block_json), as, roof);
  } catch (const ConfigError&) {
    return {.operations = 2 * double(macs_valid) * double(as.batch)};
  }
}

std::vector<Column> setting_columns() {
  std::vector<Column> columns;
  for (const char* name : {"device", "dtype", "kernels", "threads", "batch", "build"})
    columns.push_back({.name = name, .audience = Audience::programs});
  return columns;
}

std::vector<Json> setting_cells(const Setting& setting) {
  return {setting.device,  setting.dtype, std::string(name_of(setting.kernels)),
          setting.threads, setting.batch, to_string(setting.build)};
}

std::vector<Column> speed_columns() {
  return {{.name = "gflops", .header = "GFLOP/s", .digits = 1},
          {.name = "bytes", .header = "MB", .scale = 1e-6, .digits = 1},
          {.name = "roof_share", .header = "roof %", .scale = 100, .digits = 1},
          {.name = "bound"}};
}

std::vector<Json> speed_cells(const Work& work, double median_ns) {
  const bool timed = median_ns > 0;
  return {timed && work.operations > 0 ? Json(work.operations / median_ns) : Json(), to_json(work.bytes),
          timed && work.least_ns ? Json(*work.least_ns / median_ns) : Json(),
          work.bound.empty() ? Json() : Json(work.bound)};
}

std::vector<std::string> speed_footnotes(const std::vector<Roof>& roofs, const std::string& dtype) {
  std::vector<std::string> notes{
      "GFLOP/s: two operations for each valid multiply-accumulate of every sample in the batch, over the median. MB: "
      "what has to be moved, the weights once and the input, skip and output of every sample."};
  if (roofs.empty()) return notes;
  notes.push_back(
      "roof %: the least time over the median. It is that of the operations at " +
      range_of(roofs, [&](const Roof& roof) { return roof.gflops(dtype); }) +
      " GFLOP/s, as products of large matrices, or of the bytes at " +
      range_of(roofs, [](const Roof& roof) { return roof.copy_gb_s; }) +
      " GB/s, as copies beyond the caches, both measured beside the blocks; bound says which is longer. Winograd's "
      "convolutions do less than is counted, and what stays in the caches moves faster: both can be above 100.");
  return notes;
}

}  // namespace mds
