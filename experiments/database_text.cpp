#include "experiments/database_text.h"

#include "search/policy.h"
#include "search/store/stored_json.h"
#include "spec/error.h"
#include "spec/text_lines.h"

namespace mds {
namespace {

Table info_table(const StoreInfo& info) {
  Table table{.title = info.file + ": schema version " + std::to_string(info.schema_version) + ", " +
                       std::to_string(info.bytes) + " bytes",
              .columns = {{.name = "table"}, {.name = "rows"}}};
  for (const auto& count : info.tables) table.rows.push_back({count.table, count.rows});
  return table;
}

// Finds decisions that do not follow from the inputs stored with them, under the policy of their sweep.
std::vector<std::string> wrong_decisions(const Database& database) {
  std::vector<std::string> problems;
  for (const auto& sweep : sweep_names(database)) {
    const StoredPlace place{"sweep", sweep, "config_json"};
    const Json config = stored_object(database, place, sweep_config(database, sweep).value_or(""));
    const auto policy = stored_value(config, "policy", PolicyConfig{}, place_of(database, place));
    for (const auto& run : runs_of(database, sweep))
      for (const auto& decision : decisions_of(database, run.run)) {
        const std::string what = "decision on run " + std::to_string(run.run) + " at rung " +
                                 std::to_string(decision.rung) + " of sweep " + sweep + ": ";
        try {
          const auto follows =
              name_of(verdict_of(policy, decision.rule, parse_json(decision.inputs_json, "inputs_json")));
          if (follows != decision.verdict)
            problems.push_back(what + "is " + decision.verdict + "; its inputs lead to " + std::string(follows));
        } catch (const ConfigError& error) {
          problems.push_back(what + error.what());
        }
      }
  }
  return problems;
}

}  // namespace

std::string info_text(const Database& database, Format format) {
  const StoreInfo info = info_of(database);
  const Table table = info_table(info);
  if (format != Format::json) return to_text(table, format);
  const Json json = {
      {"file", info.file}, {"schema_version", info.schema_version}, {"bytes", info.bytes}, {"rows", rows_json(table)}};
  return json.dump(2) + "\n";
}

Table problems_table(const Database& database) {
  Table table{.title = database.file() + ": integrity, foreign keys, hashes, decisions",
              .columns = {{.name = "problem"}}};
  for (const auto& problem : damage_of(database)) table.rows.push_back({problem});
  if (!table.rows.empty()) {
    table.footnotes = {"The file is damaged; " + damage_advice + "."};
    return table;
  }
  for (const auto& problem : contradictions_in(database)) table.rows.push_back({problem});
  for (const auto& problem : wrong_decisions(database)) table.rows.push_back({problem});
  if (table.rows.empty()) table.footnotes = {"no problem found"};
  return table;
}

std::vector<ParityRow> parity_rows(const std::string& file) {
  TextLines lines(file, {most_json_line_bytes, most_json_bytes});
  std::vector<ParityRow> rows;
  for (std::string line; lines.next(line);)
    rows.push_back(from_json<ParityRow>(parse_json(line, lines.place()), lines.place()));
  if (rows.empty()) throw FileError(file + ": holds no line");
  return rows;
}

void record_parity(Database& database, const std::string& file) {
  database.transaction([&] {
    for (const auto& row : parity_rows(file)) add_parity(database, row);
  });
}

}  // namespace mds
