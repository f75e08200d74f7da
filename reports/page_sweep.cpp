#include "reports/page_sweep.h"

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace mds {
namespace {

size_t column_of(const Table& table, const std::string& name) {
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].name == name) return c;
  throw std::logic_error("the table of a sweep has no column " + name);
}

std::string text_at(const Table& table, const std::vector<Json>& row, const std::string& name) {
  const Json& cell = row[column_of(table, name)];
  return cell.is_string() ? cell.get<std::string>() : cell.is_null() ? "" : cell.dump();
}

// Identifies a run within a database.
std::string run_key(const Table& table, const std::vector<Json>& row) {
  return text_at(table, row, "sweep") + "\n" + text_at(table, row, "trained_hash") + "\n" +
         text_at(table, row, "protocol") + "\n" + text_at(table, row, "seed");
}
std::string run_key(const SweepCandidate& row) {
  return row.sweep + "\n" + row.trained_hash + "\n" + row.protocol + "\n" + std::to_string(row.seed);
}

std::string section_id(const SweepCandidate& row) { return "c" + std::to_string(row.run); }

std::vector<PlotName> names_of(const std::vector<SweepCandidate>& rows) {
  std::set<int64_t> seeds;
  for (const auto& row : rows) seeds.insert(row.seed);
  std::vector<PlotName> names;
  int colour = 0;
  for (const auto& row : rows)
    names.push_back({label(row) + (seeds.size() > 1 ? ", seed " + std::to_string(row.seed) : ""), section_id(row),
                     went_on(row) && colour < palette_size ? std::optional(colour++) : std::nullopt});
  return names;
}

std::vector<std::optional<NetworkProfile>> profiles_of_rows(const std::vector<NetworkProfile>& profiles,
                                                            const Table& table,
                                                            const std::vector<SweepCandidate>& rows) {
  std::string setting;
  for (const auto& row : table.rows)
    if (setting.empty()) setting = text_at(table, row, "latency_setting");
  std::vector<std::optional<NetworkProfile>> found(rows.size());
  for (const auto& profile : profiles)
    for (size_t i = 0; i < rows.size(); ++i)
      if (rows[i].hash == profile.hash && to_string(profile.setting) == setting) found[i] = profile;
  return found;
}

// Orders columns by what people look for: name, score, latency, size; then the choices, and the rest.
Table arranged(const Table& table) {
  const auto place = [&](const Column& column) {
    if (column.name == "name") return 0;
    if (direction_of(column.name)) return 1;
    if (column.name == "latency_ms") return 2;
    if (column.name == "macs_valid" || column.name == "params") return 3;
    if (is_choice(column)) return 4;
    return column.name == "state" ? 5 : column.name == "hash" ? 7 : 6;
  };
  std::vector<size_t> order(table.columns.size());
  for (size_t c = 0; c < order.size(); ++c) order[c] = c;
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return place(table.columns[a]) < place(table.columns[b]); });
  Table out{.title = "", .footnotes = table.footnotes};
  out.rows.resize(table.rows.size());
  for (const size_t c : order) {
    out.columns.push_back(table.columns[c]);
    for (size_t r = 0; r < table.rows.size(); ++r) out.rows[r].push_back(table.rows[r][c]);
  }
  return out;
}

// The colour of each candidate, for the dots beside its name.
std::string dot_styles(const PageSweep& sweep) {
  std::string rules;
  for (const auto& name : sweep.names)
    if (name.colour) rules += "[data-c=" + name.section + "] .dot{--k:var(--c" + std::to_string(*name.colour) + ")}";
  return "<style>" + rules + "</style>\n";
}

std::string table_body(const PageSweep& sweep) {
  std::map<std::string, std::string> sections;
  for (size_t i = 0; i < sweep.rows.size(); ++i) sections[run_key(sweep.rows[i])] = sweep.names[i].section;
  const Table table = arranged(sweep.table);
  return dot_styles(sweep) + html_table(table, {.filtered = true, .section_of = [&](const auto& row) {
                                                  const auto found = sections.find(run_key(table, row));
                                                  return found == sections.end() ? "" : found->second;
                                                }});
}

std::string latency_body(const PageSweep& sweep) {
  std::vector<NamedProfile> networks;
  std::string setting;
  for (size_t i = 0; i < sweep.rows.size(); ++i)
    if (const auto& profile = sweep.profiles[i]; profile && profile->blocks_ns() > 0) {
      networks.push_back({sweep.names[i], *profile});
      setting = to_string(profile->setting);
    }
  if (networks.empty()) return "";
  return plot_figure(
      latency_plot(networks),
      "One row a full-scale network, one part a block in the order it runs, coloured by kind; medians on " +
          escape_html(setting) + ". Rejected timings are left out.");
}

std::string pictures_body(const PageSweep& sweep) {
  std::vector<std::string> captions;
  std::map<std::string, std::string> grids;
  for (size_t i = 0; i < sweep.rows.size(); ++i) {
    const auto samples = pictures(sweep.database, sweep.rows[i]);
    for (size_t k = 0; k < samples.size(); ++k) {
      if (!grids.contains(samples[k].prompt)) captions.push_back(samples[k].prompt);
      grids[samples[k].prompt] += "<figure data-c=\"" + sweep.names[i].section + "\">" +
                                  picture_copy(picture_id(sweep.rows[i], k), samples[k],
                                               "<i class=\"dot\"></i><a href=\"#" + sweep.names[i].section + "\">" +
                                                   escape_html(sweep.names[i].label) + "</a>") +
                                  "</figure>\n";
    }
  }
  std::string body;
  for (const auto& caption : captions)
    body += "<h3>" + escape_html(caption.empty() ? "without a caption" : caption) + "</h3>\n<div class=\"grid\">" +
            grids[caption] + "</div>\n";
  return body;
}

std::string candidates_body(const PageSweep& sweep) {
  std::string body;
  for (size_t i = 0; i < sweep.rows.size(); ++i) body += candidate_section(sweep, i);
  return body;
}

}  // namespace

bool went_on(const SweepCandidate& candidate) { return candidate.state != "stopped" && candidate.state != "failed"; }

std::string chips(const PageSweep& sweep, size_t index) {
  std::string out;
  for (size_t c = 0; c < sweep.table.columns.size(); ++c) {
    const Column& column = sweep.table.columns[c];
    const Json& value = sweep.table.rows[index][c];
    if (is_choice(column) && !value.is_null())
      out += "<li>" + escape_html(header_of(column)) + " <b>" + escape_html(shown(value, column)) + "</b></li>";
  }
  return out.empty() ? "" : "<ul class=\"chips\">" + out + "</ul>\n";
}

std::string picture_id(const SweepCandidate& candidate, size_t index) {
  return "p" + std::to_string(candidate.run) + "-" + std::to_string(index);
}

std::string picture_words(const SamplePicture& picture) {
  return picture.candidate + ", " + thousands(picture.iteration) + " iterations" +
         (picture.prompt.empty() ? "" : ": " + picture.prompt);
}

std::string picture_copy(const std::string& id, const SamplePicture& picture, const std::string& caption) {
  return "<img data-of=\"" + id + "\" alt=\"" + escape_html(picture_words(picture)) + "\"><figcaption>" + caption +
         "</figcaption>";
}

std::vector<PageSweep> sweeps_of_page(const Database& database, const ReportOptions& options) {
  std::map<std::string, SweepCandidate> by_key;
  for (auto& row : candidates(database, options.sweep)) by_key.emplace(run_key(row), std::move(row));
  const auto profiles = network_profiles(database);
  std::vector<PageSweep> sweeps;
  for (auto& table : sweep_report.tables(database, options)) {
    PageSweep sweep{.database = database};
    for (const auto& row : table.rows)
      if (const auto found = by_key.find(run_key(table, row)); found != by_key.end())
        sweep.rows.push_back(found->second);
    if (sweep.rows.empty()) continue;
    sweep.names = names_of(sweep.rows);
    sweep.profiles = profiles_of_rows(profiles, table, sweep.rows);
    sweep.table = std::move(table);
    if (!sweeps.empty()) sweep.suffix = "-" + std::to_string(sweeps.size() + 1);
    sweeps.push_back(std::move(sweep));
  }
  return sweeps;
}

std::string cost_plots(const std::vector<SweepCandidate>& rows, const std::vector<PlotName>& names) {
  std::map<int64_t, PlotName> name_of_run;
  for (size_t i = 0; i < rows.size(); ++i) name_of_run[rows[i].run] = names[i];
  std::map<std::string, std::vector<CostGroup>> by_metric;
  for (auto& group : cost_groups(rows)) by_metric[group.metric].push_back(std::move(group));
  std::string body;
  for (const auto& [metric, groups] : by_metric) {
    std::vector<CostDot> dots;
    std::set<int64_t> seen;
    for (const auto& group : groups)
      for (const auto& point : group.points) {
        PlotName name = name_of_run.at(point.candidate.run);
        if (!seen.insert(point.candidate.run).second) continue;
        if (&group != &groups.front())
          name.colour.reset();
        else if (!name.colour)
          name.colour = palette_size - 1;
        dots.push_back({name, point});
      }
    body += plot_figure(cost_plot(metric, dots),
                        "<b>" + escape_html(metric) + "</b> against cost, with 95% intervals. In colour: after " +
                            thousands(groups.front().iteration) +
                            " iterations, the front named; grey: scored earlier, not to be compared with them.");
  }
  return body.empty() ? "" : "<div class=\"plots\">" + body + "</div>\n";
}

std::vector<std::string> curve_metrics(const Database& database, const std::vector<SweepCandidate>& rows) {
  std::set<std::string> metrics;
  for (const auto& row : rows)
    for (const auto& point : metrics_of(database, row.run))
      if (point.name == "loss" || direction_of(point.name)) metrics.insert(point.name);
  return {metrics.begin(), metrics.end()};
}

std::string curve_plots(const Database& database, const std::vector<SweepCandidate>& rows,
                        const std::vector<PlotName>& names, const std::string& suffix) {
  std::string body;
  const auto metrics = curve_metrics(database, rows);
  for (size_t k = 0; k < metrics.size(); ++k) {
    std::vector<CurveLine> lines;
    for (size_t i = 0; i < rows.size(); ++i) lines.push_back({names[i], curve_of(database, rows[i].run, metrics[k])});
    body += plot_figure(learning_curves_plot(metrics[k], lines),
                        "<b>" + escape_html(metrics[k]) + "</b> while training; grey: stopped, or beyond the eighth.",
                        "curve-" + std::to_string(k) + suffix);
  }
  return body.empty() ? "" : "<div class=\"plots\">" + body + "</div>\n";
}

std::vector<PageSection> sections_of(const PageSweep& sweep) {
  return {{"winner", "", winner_card(sweep)},
          {"candidates", "Candidates", table_body(sweep)},
          {"cost", "Cost against score", cost_plots(sweep.rows, sweep.names)},
          {"curves", "Learning curves", curve_plots(sweep.database, sweep.rows, sweep.names, sweep.suffix)},
          {"latency", "Latency per block", latency_body(sweep)},
          {"pictures", "Pictures", pictures_body(sweep)},
          {"details", "Each candidate", candidates_body(sweep)}};
}

}  // namespace mds
