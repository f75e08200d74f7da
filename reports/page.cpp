#include "reports/page.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "reports/page_style.h"
#include "reports/plots.h"
#include "search/store/select.h"
#include "spec/error.h"

namespace mds {
namespace {

constexpr uintmax_t picture_file_bytes_max = 8u << 20;

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : "<section>\n<h2>" + escape_html(title) + "</h2>\n" + body + "</section>\n";
}

std::string figure(const std::string& content, const std::string& caption) {
  return "<figure>" + content + "<figcaption>" + escape_html(caption) + "</figcaption></figure>\n";
}

std::string picture(const std::string& mime, const std::string& bytes, const std::string& alt) {
  return "<img src=\"data:" + escape_html(mime) + ";base64," + base64(bytes) + "\" alt=\"" + escape_html(alt) + "\">";
}

// A plot as an image of its own: its ids and styles cannot meet those of another plot.
std::string plot(const std::string& svg, const std::string& caption) {
  return "<figure class=\"plot\">" + picture("image/svg+xml", svg, caption) + "<figcaption>" + escape_html(caption) +
         "</figcaption></figure>\n";
}

bool went_on(const SweepCandidate& candidate) { return candidate.state != "stopped" && candidate.state != "failed"; }

std::string tables_section(const std::string& title, const std::vector<Table>& tables) {
  std::string body;
  for (const auto& table : tables) body += html_table(table);
  return section(title, body);
}

std::string curves_section(const Store& store, const std::vector<SweepCandidate>& rows) {
  std::map<std::string, std::vector<CurveLine>> by_metric;
  for (const auto& row : rows) {
    std::map<std::string, std::vector<MetricRow>> curves;
    for (const auto& point : store.metrics(row.run))
      if (point.name == "loss" || direction_of(point.name)) curves[point.name].push_back(point);
    for (auto& [name, points] : curves) by_metric[name].push_back({label(row), went_on(row), std::move(points)});
  }
  std::string body;
  for (const auto& [metric, lines] : by_metric)
    body +=
        plot(learning_curves_svg(metric, lines), metric + " while training; grey: stopped early, or beyond the eighth");
  return section("Learning curves", body);
}

std::string cost_section(const std::vector<SweepCandidate>& rows) {
  std::map<std::string, std::vector<CostGroup>> by_metric;
  for (auto& group : cost_groups(rows)) by_metric[group.metric].push_back(std::move(group));
  std::string body;
  for (const auto& [metric, groups] : by_metric)
    body += plot(cost_svg(groups), "Cost against " + metric +
                                       " with 95% intervals; named: the front of those trained furthest. "
                                       "Only points of one colour compare.");
  return section("Cost against score", body);
}

// The paper's own networks if they were profiled, else the first few.
std::vector<NetworkProfile> shown_profiles(const Store& store, const std::string& network) {
  auto profiles = profiles_of(store, network);
  std::erase_if(profiles, [](const auto& profile) { return profile.blocks_ns() <= 0; });
  std::stable_sort(profiles.begin(), profiles.end(), [](const auto& a, const auto& b) {
    return a.name.starts_with("mobilediffusion") > b.name.starts_with("mobilediffusion");
  });
  if (profiles.size() > 3) profiles.resize(3);
  return profiles;
}

std::string latency_section(const Store& store, const std::string& network) {
  std::string body;
  for (const auto& profile : shown_profiles(store, network))
    body += plot(latency_svg(profile), (profile.name.empty() ? short_hash(profile.hash) : profile.name) +
                                           ": median latency of each block, " + to_string(profile.setting) +
                                           (profile.has_rejected() ? "; rejected timings are left out" : ""));
  return section("Latency per block", body);
}

std::string guidance_section(const Store& store, const ReportOptions& options) {
  std::string body;
  for (const auto& group : drawing_groups(store, options)) {
    auto curves = guidance_curves(group);
    std::erase_if(curves, [](const auto& curve) { return curve.size() < 2; });
    if (curves.empty()) continue;
    body += plot(guidance_svg(curves), "Distance with 95% intervals, and text-image score (dashed), over guidance");
  }
  return section("Guidance", body);
}

std::string picture_file(const std::string& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (error) throw FileError(file + ": cannot be read: " + error.message());
  if (size > picture_file_bytes_max)
    throw FileError(file + ": has " + std::to_string(size) + " bytes; allowed in a page: at most " +
                    std::to_string(picture_file_bytes_max));
  std::ifstream in(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string mime = picture_type(bytes);
  if (mime.empty()) throw FileError(file + ": is no PNG, JPEG or WebP picture");
  return figure(picture(mime, bytes, file), std::filesystem::path(file).filename().string());
}

std::string pictures_section(const Store& store, const std::vector<SweepCandidate>& rows,
                             const std::vector<std::string>& files) {
  std::string body;
  for (const auto& file : files) body += picture_file(file);
  std::string grid;
  for (const auto& row : rows)
    for (const auto& sample : pictures(store, row))
      grid += figure(picture(sample.mime, sample.bytes, sample.prompt),
                     sample.candidate + ", iteration " + thousands(sample.iteration) +
                         (sample.prompt.empty() ? "" : ": " + sample.prompt));
  if (!grid.empty()) body += "<div class=\"grid\">" + grid + "</div>\n";
  return section("Samples", body);
}

std::string decisions_section(const Store& store, const std::vector<SweepCandidate>& rows) {
  Table table{.columns = {{.name = "candidate"},
                          {.name = "rung"},
                          {.name = "rule"},
                          {.name = "verdict"},
                          {.name = "audited"},
                          {.name = "inputs"}}};
  for (const auto& row : rows)
    for (const auto& decision : store.decisions(row.run))
      table.rows.push_back(
          {label(row), decision.rung, decision.rule, decision.verdict, decision.audited, decision.inputs_json});
  if (table.rows.empty()) return "";
  return section("Decisions", "<details><summary>" + std::to_string(table.rows.size()) +
                                  " decisions with their inputs</summary>" + html_table(table) + "</details>\n");
}

std::string provenance_section(const Store& store, const std::vector<SweepCandidate>& rows) {
  std::set<std::string> protocols;
  for (const auto& row : rows) protocols.insert(row.protocol);
  std::string body;
  for (const auto& hash : protocols)
    body += "<details><summary>Protocol " + escape_html(hash) + "</summary><pre>" +
            escape_html(Json::parse(protocol_json(store, hash), nullptr, false).dump(2)) + "</pre></details>\n";
  for (const auto& build : builds(store))
    body += "<p class=\"note\">Built from " + escape_html(to_string(build)) + ".</p>\n";
  body += "<p class=\"note\">Database " + escape_html(store.file()) + ", schema version " +
          std::to_string(store.info().schema_version) +
          ". Intervals hold at 95%. Figures marked † are printed in the literature and were not measured here.</p>\n";
  return section("Provenance", body);
}

std::string sentence(std::string words) {
  if (!words.empty()) words[0] = char(std::toupper(static_cast<unsigned char>(words[0])));
  return words + ".";
}

std::string facts(const std::vector<SweepCandidate>& rows) {
  std::map<std::string, int> states;
  std::set<std::string> devices;
  for (const auto& row : rows) {
    ++states[row.state];
    if (!row.device.empty()) devices.insert(row.device);
  }
  std::string out = std::to_string(rows.size()) + " candidates";
  for (const auto& [state, count] : states) out += ", " + std::to_string(count) + " " + state;
  for (const auto& device : devices) out += " · " + device;
  return out;
}

}  // namespace

std::string report_page(const Store& store, const Report& report, const PageOptions& options) {
  const std::string name = report.name;
  const auto rows = candidates(store, options.report.sweep);
  const bool whole = name == "sweep", costs = whole || name == "pareto", latencies = whole || name == "table6";
  const std::string title = whole && !rows.empty() ? "Sweep " + rows.back().sweep : report.name;
  std::string body =
      "<header><h1>" + escape_html(title) + "</h1>\n<p>" + escape_html(sentence(report.summary)) + "</p>\n";
  if (costs) body += "<p class=\"note\">" + escape_html(facts(rows)) + "</p>\n";
  body += "</header>\n";
  if (latencies && !whole) body += latency_section(store, options.report.network);
  if (costs && !whole) body += cost_section(rows);
  if (name == "guidance") body += guidance_section(store, options.report);
  body += tables_section(whole ? "Candidates" : "Numbers", tables_of(report, store, options.report));
  if (whole) body += cost_section(rows) + curves_section(store, rows);
  if (name == "training") body += curves_section(store, training_runs(store));
  if (whole) body += latency_section(store, options.report.network);
  if (whole) body += pictures_section(store, rows, options.picture_files) + decisions_section(store, rows);
  body += provenance_section(store, costs ? rows : std::vector<SweepCandidate>{});
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">\n<title>" +
         escape_html(title) + "</title>\n<style>" + page_style + "</style>\n</head>\n<body>\n" + body +
         "</body>\n</html>\n";
}

}  // namespace mds
