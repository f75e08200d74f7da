// The section of one candidate: its network, scores, curves, pictures, decisions, cost per block and spec.
#include "reports/decision_words.h"
#include "reports/page_sweep.h"

namespace mds {
namespace {

std::string heading(const std::string& title, const std::string& body) {
  return body.empty() ? "" : "<h4>" + escape_html(title) + "</h4>\n" + body;
}

std::string facts(const SweepCandidate& row) {
  std::string words = thousands(row.params) + " parameters and " +
                      shown(Json(double(row.macs_valid) * 1e-9), {.name = "", .digits = 1}) +
                      " GMACs (valid taps) at full scale; ";
  words += row.trained_hash == row.hash ? "trained as it is"
                                        : "trained as a proxy of " + thousands(row.trained_params) + " parameters";
  words += " for " + thousands(row.iterations) + " iterations with seed " + std::to_string(row.seed) +
           "; state: " + row.state + (row.message.empty() ? "" : " (" + row.message + ")") + ".";
  return "<p>" + escape_html(words) + "</p>\n<p class=\"note\">Hash <code>" + escape_html(row.hash) + "</code></p>\n";
}

std::string scores(const SweepCandidate& row) {
  Table table{.columns = {{.name = "score"},
                          {.name = "value"},
                          {.name = "value_ci", .header = "95%", .right = true},
                          {.name = "n"},
                          {.name = "iteration"}}};
  for (const auto& [name, score] : row.scores)
    table.rows.push_back(
        {name, score.value, interval_cell(score.low, score.high, digits_for({score.value})), score.n, score.iteration});
  return table.rows.empty() ? "" : html_table(table);
}

std::string curves(const PageSweep& sweep, size_t index) {
  std::string body;
  const auto metrics = curve_metrics(sweep.database, sweep.rows);
  for (size_t k = 0; k < metrics.size(); ++k)
    body += plot_copy("curve-" + std::to_string(k) + sweep.suffix, sweep.names[index].section,
                      "<b>" + escape_html(metrics[k]) + "</b> among the others");
  return body.empty() ? "" : "<div class=\"plots\">" + body + "</div>\n";
}

std::string own_pictures(const PageSweep& sweep, size_t index) {
  std::string body;
  const auto samples = pictures(sweep.database, sweep.rows[index]);
  for (size_t k = 0; k < samples.size(); ++k)
    body += "<figure><img id=\"" + picture_id(sweep.rows[index], k) + "\" src=\"" +
            data_uri(samples[k].mime, samples[k].bytes) + "\" alt=\"" + escape_html(picture_words(samples[k])) +
            "\"><figcaption>" + escape_html(samples[k].prompt) + "</figcaption></figure>\n";
  return body.empty() ? "" : "<div class=\"grid few\">" + body + "</div>\n";
}

std::string decisions(const PageSweep& sweep, const SweepCandidate& row) {
  std::string sentences, inputs;
  for (const auto& decision : decisions_of(sweep.database, row.run)) {
    sentences += "<li>" + escape_html(in_words(decision, row)) + "</li>\n";
    inputs += indented(decision.inputs_json);
  }
  if (sentences.empty()) return "";
  return "<ol class=\"decisions\">" + sentences + "</ol>\n" + details("The numbers behind these decisions", inputs);
}

std::vector<BlockTiming> blocks_of(const PageSweep& sweep, size_t index) {
  if (const auto& profile = sweep.profiles[index]) return profile->blocks;
  return query_rows<BlockTiming>(
      sweep.database,
      "FROM arch_block JOIN block USING(block_id) WHERE arch_id = (SELECT arch_id FROM arch WHERE hash = :hash) ORDER "
      "BY step",
      sweep.rows[index].hash);
}

std::string cost_per_block(const PageSweep& sweep, size_t index) {
  Table table{.columns = {{.name = "block"},
                          {.name = "kind"},
                          {.name = "median_ms", .header = "median ms", .digits = 2},
                          {.name = "median_ms_ci", .header = "95%", .right = true},
                          {.name = "gmacs", .header = "GMACs", .scale = 1e-9, .digits = 2},
                          {.name = "params", .header = "params M", .scale = 1e-6, .digits = 2},
                          {.name = "in"},
                          {.name = "out"}}};
  for (const auto& block : blocks_of(sweep, index)) {
    const auto& timing = block.timing;
    table.rows.push_back(
        {block.path, block.kind, timing ? Json(timing->median_ns * 1e-6) : Json(),
         timing ? interval_cell(milliseconds(timing->low_ns), milliseconds(timing->high_ns), 2) : Json(),
         block.macs_valid, block.params, block.in, block.out});
  }
  if (table.rows.empty()) return "";
  return details(std::to_string(table.rows.size()) + " blocks with their cost", html_table(table));
}

std::string spec(const PageSweep& sweep, const SweepCandidate& row) {
  const auto arch = find_arch(sweep.database, row.hash);
  if (!arch) return "";
  return details("Spec of the full-scale network (JSON)", indented(arch->spec_json, short_hash(row.hash) + ".json"));
}

std::string summary_words(const SweepCandidate& row) {
  return row.state + " after " + thousands(row.iterations) + " iterations";
}

}  // namespace

std::string candidate_section(const PageSweep& sweep, size_t index) {
  const SweepCandidate& row = sweep.rows[index];
  const PlotName& name = sweep.names[index];
  return "<details class=\"candidate\" id=\"" + name.section + "\" data-c=\"" + name.section +
         "\"><summary><i class=\"dot\"></i><h3>" + escape_html(name.label) + "</h3><small>" +
         escape_html(summary_words(row)) + "</small></summary><div>\n" + chips(sweep, index) + facts(row) +
         heading("Scores", scores(row)) + heading("Decisions", decisions(sweep, row)) +
         heading("Pictures", own_pictures(sweep, index)) + heading("Curves", curves(sweep, index)) +
         heading("Cost and spec", cost_per_block(sweep, index) + spec(sweep, row)) + "</div></details>\n";
}

}  // namespace mds
