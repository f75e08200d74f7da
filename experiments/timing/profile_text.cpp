#include "experiments/timing/profile_text.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "profiler/environment.h"
#include "reports/report.h"
#include "reports/speed.h"
#include "spec/listed.h"

namespace mds {
namespace {

// One line of the table. Sums and residuals have only a median.
struct Line {
  std::string path, kind;
  double median_ns = 0;
  int64_t macs_valid = 0;
  Work work{};
  std::optional<Summary> summary{};
  std::string mark{};
};

// "pass 1,203 MB at most, 1,187 after it"
std::string memory_words(const PhaseMemory& memory) {
  const Column megabytes{.name = "", .scale = 1e-6, .digits = 0};
  return memory.phase + " " + shown(to_json(memory.peak_bytes), megabytes) + " MB at most, " +
         shown(to_json(memory.resident_bytes), megabytes) + " after it";
}

class Printer {
 public:
  explicit Printer(const ProfileResult& result)
      : result_(result),
        plan_(make_plan(canonical(result.network.spec))),
        whole_(timed(whole_path, "end_to_end", cost(plan_))) {
    whole_.work = no_work();
    const auto first = representatives(plan_);
    for (size_t i = 0; i < first.size(); ++i) {
      const PlanStep& step = plan_.steps[i];
      const Work work = work_of(step, {dtype_, result.options.batch}, roof());
      whole_.work += work;
      if (!result.options.blocks) continue;
      blocks_.push_back(timed(plan_.steps[first[i]].path, std::string(kind_of(step.block)), cost(step)));
      blocks_.back().path = step.path;
      blocks_.back().work = work;
      blocks_ns_ += blocks_.back().median_ns;
    }
  }

  Json json() const {
    return {{"name", result_.network.name},
            {"device", device_},
            {"dtype", dtype_},
            {"threads", at::get_num_threads()},
            {"batch", result_.options.batch},
            {"latency_ms", latency_json(*whole_.summary, whole_.mark)},
            {"peak_bytes", to_json(peak_bytes())},
            {"memory", to_json(most_memory(result_.processes))},
            {"roof", to_json(roof())},
            {"blocks", rows_json(table_of(blocks_))},
            {"residual_ms", blocks_.empty() ? Json() : Json(residual().median_ns * 1e-6)}};
  }

  Table table() const {
    std::vector<Line> lines = blocks_;
    if (!lines.empty()) {
      lines.push_back({.path = "(blocks)", .kind = "sum", .median_ns = blocks_ns_, .work = whole_.work});
      lines.push_back(residual());
    }
    lines.push_back(whole_);
    Table table = table_of(lines);
    table.title = result_.network.name + ": " + device_ + ", " + dtype_ + ", " + std::to_string(at::get_num_threads()) +
                  " threads, batch " + std::to_string(result_.options.batch);
    table.footnotes = {median_footnote, "Blocks of equal shape are timed once and share the numbers."};
    const auto roofs = roof() ? std::vector{*roof()} : std::vector<Roof>{};
    std::ranges::copy(speed_footnotes(roofs, dtype_), std::back_inserter(table.footnotes));
    if (const auto phases = most_memory(result_.processes); !phases.empty())
      table.footnotes.push_back(memory_footnote(phases));
    return table;
  }

 private:
  Line timed(const std::string& path, const std::string& kind, const Cost& total) const {
    const Summary summary = summarise_processes(samples_of(result_.processes, path));
    const Evidence evidence = evidence_of(result_.processes, path, result_.options.mode);
    return {path, kind, summary.median_ns, total.macs_valid, {}, summary, to_string(evidence)};
  }

  Line residual() const {
    return {.path = "(residual)", .kind = "residual", .median_ns = whole_.median_ns - blocks_ns_};
  }

  // The best of the processes.
  std::optional<Roof> roof() const {
    std::optional<Roof> best;
    for (const auto& process : result_.processes)
      if (process.roof && (!best || process.roof->gflops(dtype_) > best->gflops(dtype_))) best = process.roof;
    return best;
  }

  std::optional<int64_t> peak_bytes() const {
    std::optional<int64_t> peak;
    for (const auto& process : result_.processes) peak = std::max(peak, pass_peak(process));
    return peak;
  }

  Table table_of(const std::vector<Line>& lines) const {
    Table table{.columns = {{.name = "path", .weight = Weight::identity},
                            {.name = "kind"},
                            {.name = "macs_valid", .header = "GMACs", .scale = 1e-9, .digits = 3},
                            {.name = "median_ms", .header = "median ms", .digits = 3, .weight = Weight::identity},
                            {.name = "low_ms", .header = "low", .digits = 3, .weight = Weight::minor},
                            {.name = "high_ms", .header = "high", .digits = 3, .weight = Weight::minor},
                            {.name = "share", .header = "share %", .scale = 100, .digits = 1}}};
    std::ranges::copy(speed_columns(), std::back_inserter(table.columns));
    table.columns.insert(table.columns.end(), {{.name = "n", .weight = Weight::least}, {.name = "mark"}});
    for (const auto& line : lines) table.rows.push_back(row_of(line));
    return table;
  }

  std::vector<Json> row_of(const Line& line) const {
    const auto& summary = line.summary;
    std::vector<Json> row{line.path,
                          line.kind,
                          summary ? Json(line.macs_valid) : Json(),
                          line.median_ns * 1e-6,
                          summary ? to_json(milliseconds(summary->low_ns)) : Json(),
                          summary ? to_json(milliseconds(summary->high_ns)) : Json(),
                          line.median_ns / whole_.median_ns};
    std::ranges::copy(speed_cells(line.work, line.median_ns), std::back_inserter(row));
    row.insert(row.end(), {summary ? Json(summary->n) : Json(), summary ? Json(line.mark) : Json()});
    return row;
  }

  const ProfileResult& result_;
  Plan plan_;
  std::string dtype_{name_of(result_.options.dtype)};
  std::string device_ = device_model(capture_environment().device, result_.options.device);
  Line whole_;
  std::vector<Line> blocks_;
  double blocks_ns_ = 0;
};

}  // namespace

Json latency_json(const Summary& summary, const std::string& mark) {
  return {{"median", summary.median_ns * 1e-6},
          {"low", to_json(milliseconds(summary.low_ns))},
          {"high", to_json(milliseconds(summary.high_ns))},
          {"p90", to_json(milliseconds(summary.p90_ns))},
          {"n", summary.n},
          {"mark", mark}};
}

std::vector<PhaseMemory> most_memory(const std::vector<RawProfile>& processes) {
  std::vector<PhaseMemory> most = processes.front().memory;
  for (const auto& process : processes)
    for (size_t i = 0; i < most.size() && i < process.memory.size(); ++i) {
      most[i].peak_bytes = std::max(most[i].peak_bytes, process.memory[i].peak_bytes);
      most[i].resident_bytes = std::max(most[i].resident_bytes, process.memory[i].resident_bytes);
      most[i].seconds = std::max(most[i].seconds, process.memory[i].seconds);
    }
  return most;
}

std::string memory_footnote(const std::vector<PhaseMemory>& phases) {
  return "Memory: " + listed(phases, memory_words, "; ") + ".";
}

std::string profile_text(const ProfileResult& result, Format format) {
  const Printer printer(result);
  return format == Format::json ? printer.json().dump(2) + "\n" : to_text(printer.table(), format);
}

}  // namespace mds
