// The reports by name. Each is a list of tables made from a database alone. Rows with different protocols or settings
// are in separate tables, and have protocol and device as columns for programs.
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
  std::string score{};                           // of sweep and pareto: first column; empty: fd_emoji_clip
  std::string network{};                         // name or the beginning of a hash; empty: all
  std::map<std::string, std::string> shipped{};  // hashes of the networks that the project ships, by name
};

struct Report {
  const char* name;
  const char* summary;
  std::vector<Table> (*tables)(const Database&, const ReportOptions&);
  const char* lacking;  // for no rows: "holds no sweep; `mdsearch sweep CONFIG` makes one"
};

std::span<const Report> all_reports();
// The tables of a report; where none has a row, a table whose note says how to get some.
std::vector<Table> tables_of(const Report& report, const Database& database, const ReportOptions& options);
const Report& find_report(const std::string& name);  // RequestError, listing the names

std::vector<Table> sweep_report(const Database& database, const ReportOptions& options);
std::vector<Table> pareto_report(const Database& database, const ReportOptions& options);
std::vector<Table> table1_report(const Database& database, const ReportOptions& options);
std::vector<Table> table2_report(const Database& database, const ReportOptions& options);
std::vector<Table> ladder_report(const Database& database, const ReportOptions& options);
std::vector<Table> training_report(const Database& database, const ReportOptions& options);
std::vector<Table> parity_report(const Database& database, const ReportOptions& options);
std::vector<Table> scores_report(const Database& database, const ReportOptions& options);
std::vector<Table> stages_report(const Database& database, const ReportOptions& options);
std::vector<Table> guidance_report(const Database& database, const ReportOptions& options);
std::vector<Table> table5_report(const Database& database, const ReportOptions& options);
std::vector<Table> table6_report(const Database& database, const ReportOptions& options);

// --- shared by tables and plots --------------------------------------------------------------------------------------

// A candidate's score against its cost, among all candidates scored alike after the same number of images seen.
struct CostPoint {
  SweepCandidate candidate{};
  MetricRow score{};
  bool front = false;  // no other has both fewer multiply-accumulates and a better score
};
struct CostGroup {
  std::string metric{};
  std::string protocol{};  // of the runs
  int64_t images_seen = 0, iteration = 0, eval_seed = 0;
  std::vector<CostPoint> points{};  // by cost
};
std::vector<CostGroup> cost_groups(const std::vector<SweepCandidate>& rows);

// The column of gflops(), and a footnote that explains it and the bounds of a median.
Column gflops_column();
inline constexpr const char* gflops_footnote =
    "GFLOP/s: two operations for each valid multiply-accumulate of every sample in the batch, over the median.";
inline constexpr const char* median_footnote =
    "low and high bound the median at 95% confidence, by order statistics of 9 or more blocks' medians, else of 6 or "
    "more samples.";

// Adds a footnote that explains the marks of timings other than "final" in one of the table's columns.
void add_marks_footnote(Table& table, const std::string& column);

// A protocol's JSON in words: "data_hash 0123abcd, dtype fp32, sampler (guidance 1, steps 8)"; hashes are shortened,
// and empty values are left out.
std::string in_words(const Json& protocol);
std::string protocol_words(const std::string& protocol_json);  // the text itself where it is not JSON

// The score that candidates are ranked by: the one asked for, else fd_emoji_clip, else another distance, else any.
std::string decisive_score(const std::set<std::string>& names, const std::string& asked);

// The column of a score, with an arrow that shows which values are better.
Column score_column(const std::string& name, int digits);

// Adds a footnote that names the networks among `hashes` with rejected timings, which do not count.
void add_rejected_footnote(Table& table, const std::vector<NetworkProfile>& profiles,
                           const std::set<std::string>& hashes);

// The row of a shipped network, found by its hash, because another architecture may have the same name.
std::optional<ArchRow> shipped_arch(const Database& database, const ReportOptions& options, const std::string& network);

std::vector<NetworkProfile> profiles_of(const Database& database, const std::string& network);

// How many digits after the point show the largest value with four significant digits.
int digits_for(const std::vector<double>& values);
Json interval_cell(const std::optional<double>& low, const std::optional<double>& high,
                   int digits);  // "[1.2, 3.4]" or null
std::string thousands(int64_t value);

}  // namespace mds
