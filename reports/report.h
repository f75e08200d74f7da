// The reports by name. Each is a list of tables made from a database alone: rows of differing protocol or setting stand
// in tables of their own, and carry protocol and device as columns for programs.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "reports/rows.h"
#include "reports/table.h"

namespace mds {

struct ReportOptions {
  std::string sweep{};                           // empty: all
  std::string score{};                           // of sweep and pareto: comes first; empty: fd_emoji_clip
  std::string network{};                         // name or the beginning of a hash; empty: all
  std::map<std::string, std::string> shipped{};  // hashes of the networks that the project ships, by name
};

struct Report {
  const char* name;
  const char* summary;
  std::vector<Table> (*tables)(const Store&, const ReportOptions&);
  const char* lacking;  // where it has no row: "holds no sweep; `mdsearch sweep CONFIG` makes one"
};

std::span<const Report> all_reports();
// The report's tables; where none has a row, one that says what would make some.
std::vector<Table> tables_of(const Report& report, const Store& store, const ReportOptions& options);
const Report& find_report(const std::string& name);  // UsageError that lists the names

std::vector<Table> sweep_report(const Store& store, const ReportOptions& options);
std::vector<Table> pareto_report(const Store& store, const ReportOptions& options);
std::vector<Table> table1_report(const Store& store, const ReportOptions& options);
std::vector<Table> table2_report(const Store& store, const ReportOptions& options);
std::vector<Table> ladder_report(const Store& store, const ReportOptions& options);
std::vector<Table> training_report(const Store& store, const ReportOptions& options);
std::vector<Table> parity_report(const Store& store, const ReportOptions& options);
std::vector<Table> scores_report(const Store& store, const ReportOptions& options);
std::vector<Table> stages_report(const Store& store, const ReportOptions& options);
std::vector<Table> guidance_report(const Store& store, const ReportOptions& options);
std::vector<Table> table5_report(const Store& store, const ReportOptions& options);
std::vector<Table> table6_report(const Store& store, const ReportOptions& options);

// --- shared by tables and plots --------------------------------------------------------------------------------------

// One candidate's score against its cost, among all that were scored alike when they had seen equally many images.
struct CostPoint {
  SweepCandidate candidate{};
  MetricRow score{};
  bool front = false;  // no other has both fewer multiply-accumulates and a better score
};
struct CostGroup {
  std::string metric{};
  std::string protocol{};  // of the run
  int64_t images_seen = 0, iteration = 0, eval_seed = 0;
  std::vector<CostPoint> points{};  // by cost
};
std::vector<CostGroup> cost_groups(const std::vector<SweepCandidate>& rows);

// The column of gflops(), and what it and the bounds of a median mean.
Column gflops_column();
inline constexpr const char* gflops_footnote =
    "GFLOP/s: two operations for each valid multiply-accumulate of every sample in the batch, over the median.";
inline constexpr const char* median_footnote =
    "low and high bound the median at 95% confidence, by order statistics of 9 or more blocks' medians, else of 6 or "
    "more samples.";

// Says what each mark of a timing in one of the table's columns means, where it is not "final".
void add_marks_footnote(Table& table, const std::string& column);

// A protocol's JSON in words: "data_hash 0123abcd, dtype fp32, sampler (guidance 1, steps 8)"; hashes are shortened,
// and what is empty is left out.
std::string in_words(const Json& protocol);
std::string protocol_words(const std::string& protocol_json);  // the text itself where it is no JSON

// The score that candidates are judged by: the one asked for, else fd_emoji_clip, else another distance, else any.
std::string decisive_score(const std::set<std::string>& names, const std::string& asked);

// A score's column, with an arrow to the better values.
Column score_column(const std::string& name, int digits);

// Names the networks among `hashes` some of whose timings do not count, because they are rejected.
void add_rejected_footnote(Table& table, const std::vector<NetworkProfile>& profiles,
                           const std::set<std::string>& hashes);

// A shipped network's row, found by its hash: an architecture of the same name may be another network.
std::optional<ArchRow> shipped_arch(const Store& store, const ReportOptions& options, const std::string& network);

std::vector<NetworkProfile> profiles_of(const Store& store, const std::string& network);

// Digits after the point that show four significant ones of the largest value.
int digits_for(const std::vector<double>& values);
Json interval_cell(const std::optional<double>& low, const std::optional<double>& high,
                   int digits);  // "[1.2, 3.4]" or null
std::string thousands(int64_t value);

}  // namespace mds
