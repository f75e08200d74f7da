// The sections of a sweep's page, which shows one sweep after the other: the data of a sweep under one protocol, and
// the functions that write its sections.
#pragma once

#include <string>
#include <vector>

#include "reports/html.h"
#include "reports/page.h"
#include "reports/plots.h"

namespace mds {

struct PageSweep {
  const Database& database;
  Table table{};                                          // the report's, sorted by merit
  std::vector<SweepCandidate> rows{};                     // in the table's order
  std::vector<PlotName> names{};                          // of these rows
  std::vector<std::optional<NetworkProfile>> profiles{};  // of these rows, under the table's latency setting
  std::string suffix{};                                   // of its sections' ids, so that a page can show two sweeps

  const std::string& sweep() const { return rows.front().sweep; }
};

std::vector<PageSweep> sweeps_of_page(const Database& database, const ReportOptions& options);

std::vector<PageSection> sections_of(const PageSweep& sweep);

std::string winner_card(const PageSweep& sweep);
std::string candidate_section(const PageSweep& sweep, size_t index);

bool went_on(const SweepCandidate& candidate);
std::string chips(const PageSweep& sweep, size_t index);  // a list of the choices that differ
// The id of a candidate's picture; that of its first picture ends in 0.
std::string picture_id(const SweepCandidate& candidate, size_t index);
// "mobilediffusion, 1,500 iterations: laptop"
std::string picture_words(const SamplePicture& picture);
std::string picture_copy(const std::string& id, const SamplePicture& picture, const std::string& caption);

// Score against cost. Candidates scored alike after the most iterations are coloured; others show their last score.
std::string cost_plots(const std::vector<SweepCandidate>& rows, const std::vector<PlotName>& names);
std::string curve_plots(const Database& database, const std::vector<SweepCandidate>& rows,
                        const std::vector<PlotName>& names, const std::string& suffix);
// The metrics of curve_plots, in the same order; the figure of the k-th has the id "curve-k" + suffix.
std::vector<std::string> curve_metrics(const Database& database, const std::vector<SweepCandidate>& rows);

}  // namespace mds
