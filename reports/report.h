// The reports by name. Each is a list of tables made from a database alone. Rows with different protocols or settings
// are in separate tables, and have protocol and device as columns for programs.
#pragma once

#include <map>
#include <optional>
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
  std::string network{};                         // the beginning of a name or of a hash; empty: all
  std::optional<int64_t> simulate{};             // of policies: simulated sweeps; empty: some where few are stored
  bool all = false;                              // every device and build, not only the newest complete one
  std::map<std::string, std::string> shipped{};  // hashes of the networks that the project ships, by name
};

// What the page of a report shows beside its tables.
struct PagePlots {
  std::string html{};
  std::vector<SweepCandidate> candidates{};  // whose protocols and devices are the method of the page
};
struct PageOptions;
struct PageContent;

// A report with its page. The tables, and the plots above them, are made from a database alone.
struct Report {
  const char* name;
  const char* summary;
  std::vector<Table> (*tables)(const Database&, const ReportOptions&);
  const char* lacking;     // for no rows: "holds no sweep; `mdsearch sweep CONFIG` makes one"
  const char* reads = "";  // the ReportOptions that make a difference to it: "sweep score"
  PagePlots (*plots)(const Database&, const ReportOptions&) = nullptr;  // null: its page has none
  PageContent (*page)(const Database&, const PageOptions&) = nullptr;   // null: plots, tables and method
};

// RequestError where an option is given that the report does not read.
void require_read(const Report& report, const ReportOptions& options);

// Whether `options.network` asks for this network or model folder.
bool is_asked(const ReportOptions& options, const std::string& name, const std::string& hash);

// Notes of reports that have no row.
inline constexpr const char* always_some = "holds nothing for this network; name no network to see all";
inline constexpr const char* no_drawings =
    "holds no score of drawn pictures; `mdsearch evaluate --model DIR --prompts FILE --db` of this database adds them";

std::span<const Report> all_reports();
// The tables of a report; where none has a row, a table whose note says how to get some.
std::vector<Table> tables_of(const Report& report, const Database& database, const ReportOptions& options);
const Report& find_report(const std::string& name);  // RequestError, listing the names

extern const Report sweep_report, curves_report, pareto_report, table1_report, table2_report, ladder_report,
    training_report, parity_report, scores_report, stages_report, guidance_report, table4_report, table5_report,
    table6_report, blocks_report, tables_report, distillation_report, policies_report, strategies_report, rank_report,
    prediction_report;

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

// Explains the bounds of a median.
inline constexpr const char* median_footnote =
    "low and high bound the median at 95% confidence: by the medians of 9 or more blocks and how these follow each "
    "other, else by order statistics of 6 or more samples.";

// Adds a footnote that explains the marks of timings other than "final" in one of the table's columns.
void add_marks_footnote(Table& table, const std::string& column);

// A protocol's JSON in words: "data_hash 0123abcd, dtype fp32, sampler (guidance 1, steps 8)"; hashes are shortened,
// and empty values are left out.
std::string in_words(const Json& protocol);
std::string protocol_words(const std::string& protocol_json);  // the text itself where it is not JSON

// RequestError where the score that is asked for is not among the names, of which there are some.
void require_known_score(const std::set<std::string>& names, const std::string& asked);

// The score that candidates are ranked by: the one asked for, else fd_emoji_clip, else another distance, else any.
std::string decisive_score(const std::set<std::string>& names, const std::string& asked);

// The names in order, but the score that decides first.
std::vector<std::string> scores_in_order(const std::set<std::string>& names, const std::string& decisive);

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
