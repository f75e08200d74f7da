#include "reports/report.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "spec/error.h"
#include "spec/listed.h"

namespace mds {
namespace {

constexpr const char *no_profile = "holds no latency; `mdsearch profile NAME --blocks` measures one",
                     *no_score =
                         "holds no score of drawn pictures; `mdsearch evaluate --model DIR --prompts FILE --db` "
                         "of this database adds them",
                     *no_sweep = "holds no sweep with a score; `mdsearch sweep CONFIG` makes one",
                     *always_some = "holds nothing for this network; leave --network out to see all";

constexpr std::array list{
    Report{"sweep", "candidates of a sweep with their choices, scores, states and latency", sweep_report,
           "holds no sweep; `mdsearch sweep CONFIG` makes one"},
    Report{"pareto", "cost against score, and who is on the front", pareto_report, no_sweep},
    Report{"table1", "networks side by side: our counts, latencies and their ratios beside the paper's figures",
           table1_report, always_some},
    Report{"table2", "decoders: quality and latency of ours beside the figures that the paper prints", table2_report,
           always_some},
    Report{"ladder", "networks between Stable Diffusion's UNet and MobileDiffusion, step by step", ladder_report,
           always_some},
    Report{"training", "trainings of their own: state, loss, images a second", training_report,
           "holds no training; `mdsearch train CONFIG` makes one"},
    Report{
        "parity", "our networks against those of other libraries", parity_report,
        "holds no comparison with another library; `python tests/parity/run.py` makes a file of them and `mdsearch db "
        "record-parity FILE` takes it in"},
    Report{"scores", "scores of pictures and models, a table for each protocol", scores_report,
           "holds no score; `mdsearch evaluate ... --db` of this database adds them"},
    Report{"stages", "a training chain stage by stage: steps, distance, text-image score", stages_report, no_score},
    Report{"guidance", "distance and text-image score of a model over guidance", guidance_report, no_score},
    Report{"table5", "latency of whole pictures: text encoder, decoder, UNet step, overall", table5_report,
           always_some},
    Report{"table6", "latency of every block of the profiled networks", table6_report, no_profile},
};

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

std::span<const Report> all_reports() { return list; }

const Report& find_report(const std::string& name) {
  for (const auto& report : list)
    if (name == report.name) return report;
  throw RequestError("report " + name + ": valid: " + listed(list, &Report::name));
}

std::vector<Table> tables_of(const Report& report, const Database& database, const ReportOptions& options) {
  auto tables = report.tables(database, options);
  const bool some = std::any_of(tables.begin(), tables.end(), [](const Table& table) { return !table.rows.empty(); });
  if (some) return tables;
  const std::string of_sweep = options.sweep.empty() ? "" : ", sweep " + options.sweep;
  const std::string of_network = options.network.empty() ? "" : ", network " + options.network;
  return {{.title = "", .footnotes = {database.file() + of_sweep + of_network + ": " + report.lacking + "."}}};
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

std::string decisive_score(const std::set<std::string>& names, const std::string& asked) {
  if (!asked.empty()) return asked;
  if (names.contains("fd_emoji_clip")) return "fd_emoji_clip";
  for (const auto& name : names)
    if (direction_of(name) == Better::lower) return name;
  return names.empty() ? "" : *names.begin();
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

Column gflops_column() { return {.name = "gflops", .header = "GFLOP/s", .digits = 1, .weight = Weight::minor}; }

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
