#include "app/profile_text.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>

#include "profiler/environment.h"

namespace mds {
namespace {

// One line of the table. Sums and residuals have a median only.
struct Line {
  std::string path, kind;
  double median_ns = 0;
  int64_t macs_valid = 0;
  std::optional<Summary> summary{};
  std::string mark{};
};

Json milliseconds(const std::optional<double>& ns) { return ns ? Json(*ns * 1e-6) : Json(); }

class Printer {
 public:
  explicit Printer(const ProfileResult& result)
      : result_(result), plan_(make_plan(canonical(result.network.spec))), whole_(timed(whole_path, "end_to_end", cost(plan_))) {
    if (!result.options.blocks) return;
    const auto medians = step_medians(plan_, result.processes);
    blocks_ns_ = std::accumulate(medians.begin(), medians.end(), 0.0);
    for (size_t i = 0; i < plan_.steps.size(); ++i) blocks_.push_back(step_line(i, medians[i]));
  }

  Json json() const {
    const Summary& summary = *whole_.summary;
    return {{"name", result_.network.name},
            {"device", device_},
            {"dtype", std::string(name_of(result_.options.dtype))},
            {"threads", at::get_num_threads()},
            {"batch", result_.options.batch},
            {"latency_ms",
             {{"median", summary.median_ns * 1e-6},
              {"low", milliseconds(summary.low_ns)},
              {"high", milliseconds(summary.high_ns)},
              {"p90", milliseconds(summary.p90_ns)},
              {"n", summary.n},
              {"mark", whole_.mark}}},
            {"peak_bytes", to_json(peak_bytes())},
            {"blocks", rows_json(table_of(blocks_))},
            {"residual_ms", blocks_.empty() ? Json() : Json(residual().median_ns * 1e-6)}};
  }

  Table table() const {
    std::vector<Line> lines = blocks_;
    if (!lines.empty()) {
      lines.push_back({.path = "(blocks)", .kind = "sum", .median_ns = blocks_ns_});
      lines.push_back(residual());
    }
    lines.push_back(whole_);
    Table table = table_of(lines);
    table.title = result_.network.name + ": " + device_ + ", " + std::string(name_of(result_.options.dtype)) + ", " +
                  std::to_string(at::get_num_threads()) + " threads, batch " + std::to_string(result_.options.batch);
    table.footnotes = {"low and high bound the median at 95% confidence; a block of equal shape was timed once."};
    if (const auto peak = peak_bytes())
      table.footnotes.push_back("Peak memory of the whole: " + shown(*peak, {.name = "", .scale = 1e-6, .digits = 0}) + " MB.");
    return table;
  }

 private:
  Line timed(const std::string& path, const std::string& kind, const Cost& work) const {
    const Summary summary = summarise(pooled(result_.processes, path));
    return {path, kind, summary.median_ns, work.macs_valid, summary, std::string(name_of(worst_mark(result_.processes, path)))};
  }

  // A step that another one of equal work stands for shows that one's samples.
  Line step_line(size_t i, double median) const {
    const PlanStep& step = plan_.steps[i];
    const std::string work = canonical_json(step);
    const auto first = std::find_if(plan_.steps.begin(), plan_.steps.end(), [&](const auto& s) { return canonical_json(s) == work; });
    Line line = timed(first->path, std::string(kind_of(step.block)), cost(step));
    line.path = step.path;
    line.median_ns = median;
    return line;
  }

  Line residual() const {
    return {.path = "(residual)", .kind = "residual", .median_ns = whole_.median_ns - blocks_ns_};
  }

  std::optional<int64_t> peak_bytes() const {
    std::optional<int64_t> peak;
    for (const auto& process : result_.processes) peak = std::max(peak, process.peak_bytes);
    return peak;
  }

  // Two operations a multiply-accumulate, on the taps that meet data.
  Json gflops(const Line& line) const {
    if (line.macs_valid == 0 || line.median_ns <= 0) return nullptr;
    return 2 * double(line.macs_valid * result_.options.batch) / line.median_ns;
  }

  Table table_of(const std::vector<Line>& lines) const {
    Table table{.columns = {{.name = "path"},
                            {.name = "kind"},
                            {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 3},
                            {.name = "median_ms", .header = "median ms", .digits = 3},
                            {.name = "low_ms", .header = "low", .digits = 3},
                            {.name = "high_ms", .header = "high", .digits = 3},
                            {.name = "share", .header = "share %", .scale = 100, .digits = 1},
                            {.name = "gflops", .header = "GFLOP/s", .digits = 1},
                            {.name = "n"},
                            {.name = "mark"}}};
    for (const auto& line : lines) {
      const auto& summary = line.summary;
      table.rows.push_back({line.path, line.kind, summary ? Json(line.macs_valid) : Json(), line.median_ns * 1e-6,
                            summary ? milliseconds(summary->low_ns) : Json(), summary ? milliseconds(summary->high_ns) : Json(),
                            line.median_ns / whole_.median_ns, gflops(line), summary ? Json(summary->n) : Json(),
                            summary ? Json(line.mark) : Json()});
    }
    return table;
  }

  const ProfileResult& result_;
  Plan plan_;
  std::string device_ = capture_environment().device.cpu_model;
  Line whole_;
  std::vector<Line> blocks_;
  double blocks_ns_ = 0;
};

}  // namespace

std::string profile_text(const ProfileResult& result, Format format) {
  const Printer printer(result);
  return format == Format::json ? printer.json().dump(2) + "\n" : to_text(printer.table(), format);
}

}  // namespace mds
