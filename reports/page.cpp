#include "reports/page.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "reports/decision_words.h"
#include "reports/page_assets.h"
#include "reports/page_sweep.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr uintmax_t picture_file_bytes_max = 8u << 20;

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
  return "<figure class=\"file\"><img src=\"" + data_uri(mime, bytes) + "\" alt=\"" + escape_html(file) +
         "\"><figcaption>" + escape_html(std::filesystem::path(file).filename().string()) + "</figcaption></figure>\n";
}

std::string protocols(const Database& database, const std::vector<SweepCandidate>& rows) {
  std::set<std::string> hashes;
  for (const auto& row : rows) hashes.insert(row.protocol);
  std::string body;
  for (const auto& hash : hashes) {
    const std::string json = protocol_json(database, hash), words = protocol_in_words(json);
    if (!words.empty()) body += "<p>" + escape_html(words) + "</p>\n";
    body += details("Protocol " + short_hash(hash) + " (JSON)",
                    "<p class=\"note\">Its hash is <code>" + escape_html(hash) + "</code>.</p>\n" + indented(json));
  }
  return body;
}

// On which devices the candidates trained; "" for no candidates.
std::string devices_in_words(const std::vector<SweepCandidate>& rows) {
  std::set<std::string> known;
  int64_t unknown = 0;
  for (const auto& row : rows)
    if (row.device.empty())
      ++unknown;
    else
      known.insert(row.device);
  if (rows.empty()) return "";
  const std::string of_some = " The training device of " + std::to_string(unknown) + " of " +
                              std::to_string(rows.size()) + " candidates is not recorded.";
  if (known.empty()) return "The training device is not recorded.";
  return "Training ran on " + listed(known) + "." + (unknown > 0 ? of_some : "");
}

std::string method_body(const Database& database, const std::vector<SweepCandidate>& rows) {
  std::string body = protocols(database, rows), built;
  if (const auto words = devices_in_words(rows); !words.empty()) body += "<p>" + escape_html(words) + "</p>\n";
  for (const auto& build : builds(database)) built += "<p class=\"note\">" + escape_html(to_string(build)) + "</p>\n";
  if (!built.empty()) body += details("Programs that wrote into this database", built);
  return body + "<p class=\"note\">Database " + escape_html(database.file()) + ", schema version " +
         std::to_string(info_of(database).schema_version) +
         ". Intervals hold at 95%. Figures marked † are printed in the literature and were not measured here.</p>\n";
}

std::string sentence(std::string words) {
  if (!words.empty()) words[0] = char(std::toupper(static_cast<unsigned char>(words[0])));
  return words + ".";
}

// "12 candidates: 7 done, 5 stopped."
std::string counts_in_words(const std::vector<SweepCandidate>& rows) {
  std::map<std::string, int> states;
  for (const auto& row : rows) ++states[row.state];
  std::string words;
  for (const auto& [state, count] : states) words += (words.empty() ? "" : ", ") + std::to_string(count) + " " + state;
  return std::to_string(rows.size()) + (rows.size() == 1 ? " candidate: " : " candidates: ") + words + ".";
}

PageContent table_page(const Report& report, const Database& database, const PageOptions& options) {
  const PagePlots plots = report.plots ? report.plots(database, options.report) : PagePlots{};
  std::string numbers;
  for (const auto& table : tables_of(report, database, options.report)) numbers += html_table(table);
  return {.title = report.name,
          .lead = sentence(report.summary),
          .sections = {{"plots", "Plots", plots.html},
                       {"numbers", "Numbers", numbers},
                       {"method", "Method", method_body(database, plots.candidates)}}};
}

// "sha256-...": the security policy allows only the script with this hash, which is the page's own.
std::string policy_hash(const std::string& script) {
  const std::string hex = sha256(script);
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) bytes += char(std::stoi(hex.substr(i, 2), nullptr, 16));
  return "'sha256-" + base64(bytes) + "'";
}

std::string head(const std::string& title, const std::string& script) {
  return "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
         "'unsafe-inline'; script-src " +
         policy_hash(script) + "\">\n<title>" + escape_html(title) + "</title>\n<style>" + page_css + "</style>\n";
}

std::string navigation(const std::vector<PageSection>& sections) {
  std::string links;
  for (const auto& part : sections)
    if (!part.body.empty())
      links += "<a href=\"#" + part.id + "\">" + escape_html(part.title.empty() ? "Winner" : part.title) + "</a>\n";
  return "<nav aria-label=\"Sections\">\n" + links + "</nav>\n";
}

std::string page_of(const PageContent& content) {
  const std::string script = std::string(plots_js) + page_js;
  std::string body;
  for (const auto& [id, title, inner] : content.sections)
    if (title.empty())
      body += "<section class=\"winner\" id=\"" + id + "\">\n" + inner + "</section>\n";
    else
      body += section(id, title, inner);
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n" + head(content.title, script) +
         "</head>\n<body>\n<header><div><h1>" + escape_html(content.title) + "</h1>\n<p>" + escape_html(content.lead) +
         "</p></div></header>\n" + navigation(content.sections) + "<main>\n" + body +
         "<noscript><p class=\"note\">Plots, sorting and pictures side by side need scripts.</p></noscript>\n</main>\n"
         "<script>" +
         script + "</script>\n</body>\n</html>\n";
}

}  // namespace

PageContent sweep_page(const Database& database, const PageOptions& options) {
  PageContent content{.title = "Sweep", .lead = "This database holds no candidates of a sweep."};
  std::vector<SweepCandidate> rows;
  const auto sweeps = sweeps_of_page(database, options.report);
  for (const auto& sweep : sweeps) {
    rows.insert(rows.end(), sweep.rows.begin(), sweep.rows.end());
    for (auto& part : sections_of(sweep)) {
      if (sweeps.size() > 1 && !part.title.empty()) part.title += ", " + sweep.sweep() + sweep.suffix;
      part.id += sweep.suffix;
      content.sections.push_back(std::move(part));
    }
  }
  if (!rows.empty()) content.lead = counts_in_words(rows) + " " + devices_in_words(rows);
  if (sweeps.size() == 1) content.title = "Sweep " + rows.front().sweep;
  std::string files;
  for (const auto& file : options.picture_files) files += picture_file(file);
  content.sections.push_back({"files", "Further pictures", files});
  content.sections.push_back({"method", "Method", method_body(database, rows)});
  return content;
}

std::string report_page(const Database& database, const Report& report, const PageOptions& options) {
  return page_of(report.page ? report.page(database, options) : table_page(report, database, options));
}

}  // namespace mds
