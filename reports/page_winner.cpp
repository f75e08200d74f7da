// The first section of a sweep's page: the winner, the rule, how certain the result is, and caveats for the reader.
#include <algorithm>
#include <set>

#include "reports/page_sweep.h"
#include "search/winner.h"
#include "spec/error.h"

namespace mds {
namespace {

std::string in_digits(double value, int digits) { return shown(Json(value), {.name = "", .digits = digits}); }

std::string with_interval(const Placed& placed) {
  const int digits = digits_for({placed.value});
  const Json interval = interval_cell(placed.low, placed.high, digits);
  return in_digits(placed.value, digits) + (interval.is_null() ? "" : " " + interval.get<std::string>());
}

// The row of the page that has a ranked candidate's first run; absent where it has another protocol.
std::optional<size_t> row_of(const PageSweep& sweep, const Placed& placed) {
  for (size_t i = 0; i < sweep.rows.size(); ++i)
    if (std::ranges::count(placed.runs, sweep.rows[i].run) > 0) return i;
  return std::nullopt;
}

std::string figure(const std::string& name, const std::string& value, const std::string& beside = "") {
  return "<div><dt>" + escape_html(name) + "</dt><dd>" + escape_html(value) +
         (beside.empty() ? "" : " <small>" + escape_html(beside) + "</small>") + "</dd></div>\n";
}

std::string figures(const PageSweep& sweep, const Ranking& ranking, size_t index) {
  const Placed& winner = ranking.placed.front();
  const SweepCandidate& row = sweep.rows[index];
  const int digits = digits_for({winner.value});
  const Json interval = interval_cell(winner.low, winner.high, digits);
  std::string out =
      figure(ranking.score, in_digits(winner.value, digits), interval.is_null() ? "" : interval.get<std::string>());
  const auto& profile = sweep.profiles[index];
  if (const auto latency = profile ? profile->summed() : std::nullopt)
    out += figure("latency", in_digits(latency->ns * 1e-6, 1) + " ms", "sum of blocks");
  out += figure("GMACs", in_digits(double(row.macs_valid) * 1e-9, 1));
  out += figure("parameters", in_digits(double(row.params) * 1e-6, 1) + " M");
  return "<dl class=\"figures\">\n" + out + "</dl>\n";
}

std::string counted(int64_t count, const std::string& one) {
  return thousands(count) + " " + one + (count == 1 ? "" : "s");
}

// Reasons for the reader not to take the numbers as a proven result.
std::vector<std::string> warnings(const Ranking& ranking) {
  std::vector<std::string> list;
  const Placed& winner = ranking.placed.front();
  if (winner.runs.size() == 1)
    list.push_back("The winner was trained with one seed; another seed may order the candidates differently.");
  if (winner.n < 1000)
    list.push_back("Its score is that of " + counted(winner.n, "picture") +
                   "; distances of few pictures are biased upwards and compare only at equal numbers.");
  if (ranking.unfinished > 0)
    list.push_back(counted(ranking.unfinished, "candidate") + " of this sweep did not finish; the winner may change.");
  if (ranking.failed > 0) list.push_back(counted(ranking.failed, "candidate") + " failed; the table says why.");
  return list;
}

std::string rivals_in_words(const PageSweep& sweep, const Ranking& ranking) {
  std::string words = settled_in_words(ranking);
  if (ranking.placed.size() < 2) return "<p>" + escape_html(words) + "</p>\n";
  const Placed& second = ranking.placed[1];
  const auto index = row_of(sweep, second);
  const std::string name = index ? "<a href=\"#" + sweep.names[*index].section + "\" data-c=\"" +
                                       sweep.names[*index].section + "\">" + escape_html(sweep.names[*index].label) +
                                       "</a>"
                                 : escape_html(short_hash(second.candidate));
  return "<p>Runner-up: " + name + " with " + escape_html(with_interval(second)) + ". " + escape_html(words) + "</p>\n";
}

std::string picture_row(const PageSweep& sweep, size_t index) {
  std::string body;
  const auto samples = pictures(sweep.database, sweep.rows[index]);
  for (size_t k = 0; k < samples.size(); ++k)
    body += "<figure>" + picture_copy(picture_id(sweep.rows[index], k), samples[k], escape_html(samples[k].prompt)) +
            "</figure>\n";
  return body.empty() ? "" : "<div class=\"grid few\">" + body + "</div>\n";
}

std::string command(const PageSweep& sweep, const WinnerClass& size) {
  const std::string& file = sweep.database.file();
  return "<p class=\"command take\"><code>mdsearch spec winner" + (size.name.empty() ? "" : "-" + size.name) + "@" +
         escape_html(sweep.sweep()) + (file == ":memory:" ? "" : " --db " + escape_html(file)) + "</code></p>\n";
}

std::string no_winner(const std::string& reason) { return "<h2>Winner</h2>\n<p>" + escape_html(reason) + "</p>\n"; }

std::string card_of(const PageSweep& sweep, const std::string& size_class) {
  const Ranking ranking = rank_sweep(sweep.database, sweep.sweep(), size_class);
  if (!ranking.has_winner()) return no_winner("There is no winner yet: no candidate that went on has been scored.");
  const auto index = row_of(sweep, ranking.placed.front());
  if (!index) return no_winner("This sweep's winner was trained under another protocol.");
  std::string cautions;
  for (const auto& text : warnings(ranking)) cautions += "<li>" + escape_html(text) + "</li>\n";
  const PlotName& name = sweep.names[*index];
  const std::string of_class = size_class.empty() ? "" : "of the class " + escape_html(size_class) + ", ";
  return "<h2>Winner " + of_class + "of " + counted(int64_t(ranking.placed.size()), "candidate") + " after " +
         counted(ranking.iteration, "iteration") + "</h2>\n<p class=\"name\"><a href=\"#" + name.section +
         "\" data-c=\"" + name.section + "\">" + escape_html(name.label) + "</a></p>\n" + chips(sweep, *index) +
         figures(sweep, ranking, *index) + rivals_in_words(sweep, ranking) +
         (cautions.empty() ? "" : "<ul class=\"warnings\">" + cautions + "</ul>\n") + picture_row(sweep, *index) +
         command(sweep, ranking.size) + "<p class=\"note\">" + escape_html(rule_in_words(ranking)) + "</p>\n";
}

}  // namespace

std::string winner_card(const PageSweep& sweep) {
  try {
    std::string cards;
    for (const auto& size : stored_winner(sweep.database, sweep.sweep()).classes) cards += card_of(sweep, size.name);
    return cards.empty() ? card_of(sweep, "") : cards;
  } catch (const ConfigError& error) {  // of the configuration in the database
    return no_winner(std::string("The winner cannot be told: ") + error.what());
  } catch (const StoreError& error) {  // lacks what the winner rule reads
    return no_winner(std::string("The winner cannot be told: ") + error.what());
  }
}

}  // namespace mds
