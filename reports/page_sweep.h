// The sections of a sweep's page. A page shows one sweep after the other; here is what is known of one, under one
// protocol, and who writes which section of it.
#pragma once

#include <string>
#include <vector>

#include "reports/html.h"
#include "reports/page.h"
#include "reports/plots.h"

namespace mds {

struct PageSweep {
  const Store& store;
  Table table{};                                          // the report's, sorted by merit
  std::vector<SweepCandidate> rows{};                     // in the table's order
  std::vector<PlotName> names{};                          // theirs
  std::vector<std::optional<NetworkProfile>> profiles{};  // theirs, under the table's latency setting
  std::string suffix{};                                   // of the ids of its sections, so that two sweeps share a page

  const std::string& sweep() const { return rows.front().sweep; }
};

std::vector<PageSweep> sweeps_of_page(const Store& store, const ReportOptions& options);

struct PageSection {
  std::string id{}, title{}, body{};  // HTML
};
std::vector<PageSection> sections_of(const PageSweep& sweep);

std::string winner_card(const PageSweep& sweep);
std::string candidate_section(const PageSweep& sweep, size_t index);

bool went_on(const SweepCandidate& candidate);
std::string chips(const PageSweep& sweep, size_t index);  // the choices in which the candidates differ, as a list
// The ids of a candidate's pictures: that of the first ends in 0.
std::string picture_id(const SweepCandidate& candidate, size_t index);
// "mobilediffusion, 1,500 iterations: laptop"
std::string picture_words(const SamplePicture& picture);
std::string picture_copy(const std::string& id, const SamplePicture& picture, const std::string& caption);

// Score against cost: those scored alike after the most iterations have colours, each other one its last score.
std::string cost_plots(const std::vector<SweepCandidate>& rows, const std::vector<PlotName>& names);
std::string curve_plots(const Store& store, const std::vector<SweepCandidate>& rows, const std::vector<PlotName>& names,
                        const std::string& suffix);
// The names of the metrics that curve_plots shows, in its order; the figure of the k-th has the id "curve-k" + suffix.
std::vector<std::string> curve_metrics(const Store& store, const std::vector<SweepCandidate>& rows);

}  // namespace mds
