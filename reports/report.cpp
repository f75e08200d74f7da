#include "reports/report.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/drawings.h"
#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr std::array<std::pair<std::string_view, const char*>, 5> mark_meanings{
    {{"quick", "quick: 9 samples, whose spread is not checked"},
     {"screening", "screening: few samples, for a first look"},
     {"noisy", "noisy: an interquartile range above 10% of the median"},
     {"unstable", "unstable: the time ran out before the median was precise"},
     {"rejected", "rejected: an interquartile range above 25% of the median, no evidence"}}};

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string value_words(const Json& value) {
  if (value.is_object()) return "(" + in_words(value) + ")";
  if (value.is_array()) return value.dump();
  if (!value.is_string()) return shown(value, {.name = ""});
  const std::string text = value.get<std::string>();
  const Json inner = text.starts_with('{') ? json_or_null(text) : Json();
  return inner.is_object() ? value_words(inner) : is_hash(text) ? short_hash(text) : text;
}

}  // namespace

std::span<const Report> all_reports() {
  static const std::array list{sweep_report,  curves_report, pareto_report,     policies_report,     table1_report,
                               table2_report, table4_report, ladder_report,     training_report,     parity_report,
                               scores_report, stages_report, guidance_report,   distillation_report, table5_report,
                               table6_report, blocks_report, prediction_report, tables_report,       strategies_report,
                               rank_report};
  return list;
}

const Report& find_report(const std::string& name) {
  for (const auto& report : all_reports())
    if (name == report.name) return report;
  throw RequestError("report " + name + ": valid: " + listed(all_reports(), &Report::name));
}

std::vector<Table> tables_of(const Report& report, const Database& database, const ReportOptions& options) {
  auto tables = report.tables(database, options);
  const bool some = std::any_of(tables.begin(), tables.end(), [](const Table& table) { return !table.rows.empty(); });
  if (some) return tables;
  const std::string of_sweep = options.sweep.empty() ? "" : ", sweep " + options.sweep;
  const std::string of_network = options.network.empty() ? "" : ", network " + options.network;
  return {{.title = "", .footnotes = {database.file() + of_sweep + of_network + ": " + report.lacking + "."}}};
}

void require_read(const Report& report, const ReportOptions& options) {
  const std::array<std::pair<std::string, bool>, 5> given{{{"sweep", !options.sweep.empty()},
                                                           {"score", !options.score.empty()},
                                                           {"network", !options.network.empty()},
                                                           {"simulate", options.simulate.has_value()},
                                                           {"all", options.all}}};
  const auto reads = [](const Report& each, const std::string& option) {
    return (" " + std::string(each.reads) + " ").find(" " + option + " ") != std::string::npos;
  };
  for (const auto& [option, is_given] : given) {
    if (!is_given || reads(report, option)) continue;
    std::vector<std::string> readers;
    for (const auto& each : all_reports())
      if (reads(each, option)) readers.emplace_back(each.name);
    throw RequestError("`" + option + "`: makes no difference to the report " + report.name + "; it does to " +
                       listed(readers));
  }
}

bool is_asked(const ReportOptions& options, const std::string& name, const std::string& hash) {
  const std::string& asked = options.network;
  return name.starts_with(asked) || model_name(name).starts_with(asked) || hash.starts_with(asked);
}

void add_marks_footnote(Table& table, const std::string& column) {
  const auto at = std::find_if(table.columns.begin(), table.columns.end(),
                               [&](const Column& each) { return each.name == column; }) -
                  table.columns.begin();
  std::vector<std::string> meanings;
  for (const auto& [mark, meaning] : mark_meanings) {
    const bool there = std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return row[size_t(at)].is_string() && row[size_t(at)].template get<std::string>().find(mark) != std::string::npos;
    });
    if (there) meanings.emplace_back(meaning);
  }
  if (!meanings.empty()) table.footnotes.push_back("Timings marked " + listed(meanings, std::identity{}, "; ") + ".");
}

std::string in_words(const Json& protocol) {
  std::vector<std::string> words;
  for (const auto& [name, value] : protocol.items()) {
    const bool empty = value.is_null() || value == "" || (value.is_structured() && value.empty());
    if (!empty) words.push_back(name + " " + value_words(value));
  }
  return listed(words);
}

std::string protocol_words(const std::string& protocol_json) {
  const Json protocol = json_or_null(protocol_json);
  return protocol.is_object() ? in_words(protocol) : protocol_json;
}

void require_known_score(const std::set<std::string>& names, const std::string& asked) {
  if (!asked.empty() && !names.empty() && !names.contains(asked))
    throw RequestError("`score` " + asked + ": no sweep has it; known: " + listed(names));
}

std::string decisive_score(const std::set<std::string>& names, const std::string& asked) {
  if (!asked.empty()) return asked;
  if (names.contains("fd_emoji_clip")) return "fd_emoji_clip";
  for (const auto& name : names)
    if (direction_of(name) == Better::lower) return name;
  return names.empty() ? "" : *names.begin();
}

std::vector<std::string> scores_in_order(const std::set<std::string>& names, const std::string& decisive) {
  std::vector<std::string> ordered;
  for (const auto& name : names) ordered.insert(name == decisive ? ordered.begin() : ordered.end(), name);
  return ordered;
}

Column score_column(const std::string& name, int digits) {
  return {.name = name,
          .header = name + (direction_of(name) == Better::lower ? " ↓" : " ↑"),
          .digits = digits,
          .weight = Weight::major};
}

std::optional<ArchRow> shipped_arch(const Database& database, const ReportOptions& options,
                                    const std::string& network) {
  const auto hash = options.shipped.find(network);
  return hash == options.shipped.end() ? std::nullopt : find_arch(database, hash->second);
}

int digits_for(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
  return largest > 0 ? std::clamp(3 - int(std::floor(std::log10(largest))), 0, 6) : 0;
}

Json interval_cell(const std::optional<double>& low, const std::optional<double>& high, int digits) {
  if (!low || !high) return nullptr;
  const Column column{.name = "", .digits = digits};
  return "[" + shown(*low, column) + ", " + shown(*high, column) + "]";
}

void add_rejected_footnote(Table& table, const std::vector<NetworkProfile>& profiles,
                           const std::set<std::string>& hashes) {
  std::set<std::string> names;
  for (const auto& profile : profiles)
    if (hashes.contains(profile.hash) && profile.has_rejected())
      names.insert(profile.name.empty() ? short_hash(profile.hash) : profile.name);
  if (names.empty()) return;
  table.footnotes.push_back("Left out: timings marked rejected (interquartile range above 25% of the median) of " +
                            listed(names) + "; report table6 shows them.");
}

std::string thousands(int64_t value) {
  std::string digits = std::to_string(value);
  for (int64_t at = int64_t(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3) digits.insert(size_t(at), ",");
  return digits;
}

}  // namespace mds
